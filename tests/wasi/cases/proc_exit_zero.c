// shows: proc_exit(0) ends the program at once and well
// sees: end exit 0
// sees: proc_exit ends
#include "wasi.h"

int main(void) {
    say("before\n");
    proc_exit(0);
}
