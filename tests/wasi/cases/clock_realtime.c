// shows: the clock of real time counts nanoseconds since 1970
// sees: clock_time_get success
#include "wasi.h"

int main(void) {
    uint64_t time = 0;
    clock_time_get(0, 1000000, &time);
    /* Later than the year 2001. */
    say("%d\n", time > 1000000000ull * 1000000000ull);
}
