// shows: a file can be cut, and lengthened with zeros
// sees: fd_filestat_set_size success
// file: a.txt 0123456789
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_filestat_set_size(fd, 3);
    stat_fd(fd);
    fd_filestat_set_size(fd, 6);
    stat_fd(fd);
    tell(fd);
}
