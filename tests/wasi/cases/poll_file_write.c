// shows: a regular file can always be written to
// sees: poll_oneoff success
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", CREAT, R_WRITE, 0);
    subscription in = on_fd(5, EVENT_WRITE, fd);
    poll(&in, 1);
}
