// shows: the monotonic clock never goes back
// sees: clock_time_get success
// unstable: yes
#include "wasi.h"

int main(void) {
    uint64_t last = 0, time = 0;
    bool back = false;
    clock_time_get(1, 0, &last);
    for (int i = 0; i < 1000; i++) {
        raw_clock_time_get(1, 0, &time);
        back = back || time < last;
        last = time;
    }
    say("back: %d\n", back);
}
