// shows: a time of the clock itself can be waited for
// sees: poll_oneoff success
// unstable: yes
#include "wasi.h"

int main(void) {
    uint64_t time = 0;
    raw_clock_time_get(1, 0, &time);
    subscription in = on_clock(8, 1, time + 1000000, ABSTIME);
    poll(&in, 1);
    uint64_t after = 0;
    raw_clock_time_get(1, 0, &after);
    say("not before: %d\n", after >= time + 1000000);
}
