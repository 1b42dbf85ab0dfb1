// shows: a lookup flag that the specification does not know ends the program
// sees: end trap
// file: a.txt one
#include "wasi.h"

int main(void) {
    say("before\n");
    stat_at(ROOT, 2, "a.txt");
}
