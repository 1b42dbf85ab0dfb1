// shows: an open flag that the specification does not know ends the program
// sees: end trap
#include "wasi.h"

int main(void) {
    open_at(ROOT, "a.txt", 16, R_READ, 0);
}
