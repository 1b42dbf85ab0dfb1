// shows: the C library sleeps by waiting on a clock
// sees: stdout 0
#define _POSIX_C_SOURCE 200809L
#include "wasi.h"
#include <time.h>

int main(void) {
    struct timespec time = {0, 1000000};
    say("%d\n", nanosleep(&time, NULL));
}
