// shows: what becomes of the other subscriptions where one descriptor is not open
// sees: poll_oneoff badf
#include "wasi.h"

int main(void) {
    subscription in[] = {on_fd(1, EVENT_READ, 1000), on_clock(2, 1, 1000000, 0)};
    poll(in, 2);
}
