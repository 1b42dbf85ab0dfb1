// shows: a wait on the monotonic clock is over no earlier than it was to be
// sees: poll_oneoff success
#include "wasi.h"

int main(void) {
    uint64_t before = 0, after = 0;
    subscription in = on_clock(7, 1, 20000000, 0);
    raw_clock_time_get(1, 0, &before);
    poll(&in, 1);
    raw_clock_time_get(1, 0, &after);
    say("at least as long: %d\n", after - before >= 20000000);
}
