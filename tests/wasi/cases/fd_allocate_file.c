// shows: what fd_allocate does for a file
// sees: fd_allocate notsup
// file: a.txt abc
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_allocate(fd, 0, 10);
    stat_fd(fd);
    fd_allocate(fd, 0, 0);
}
