// shows: a regular file can always be read
// sees: poll_oneoff success
// file: a.txt hello
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    subscription in = on_fd(5, EVENT_READ, fd);
    poll(&in, 1);
}
