// shows: of several subscriptions, all that are ready come, each with its number
// sees: poll_oneoff success
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", CREAT, R_RDWR, 0);
    subscription in[] = {on_fd(11, EVENT_WRITE, fd), on_fd(12, EVENT_WRITE, STDERR), on_fd(13, EVENT_WRITE, STDOUT),
                         on_clock(14, 1, 3600000000000, 0)};
    poll(in, 4);
}
