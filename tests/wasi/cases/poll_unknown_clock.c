// shows: what becomes of a subscription to a clock that the specification does not know
// sees: poll_oneoff inval
#include "wasi.h"

int main(void) {
    say("before\n");
    subscription in = on_clock(1, 9, 1, 0);
    poll(&in, 1);
}
