// shows: a time of the clock of real time can be waited for
// sees: poll_oneoff success
#include "wasi.h"

int main(void) {
    uint64_t time = 0;
    raw_clock_time_get(0, 0, &time);
    subscription in = on_clock(8, 0, time + 1000000, ABSTIME);
    poll(&in, 1);
}
