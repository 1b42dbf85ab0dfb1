// shows: a regular file at its end can be read as well
// sees: poll_oneoff success
// file: a.txt hello
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    seek(fd, 0, SEEK_FROM_END);
    subscription in = on_fd(5, EVENT_READ, fd);
    poll(&in, 1);
}
