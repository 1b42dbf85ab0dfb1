// shows: the resolution of a clock that the specification does not know ends the program
// sees: end trap
#include "wasi.h"

int main(void) {
    uint64_t time = 0;
    say("before\n");
    clock_res_get(99, &time);
}
