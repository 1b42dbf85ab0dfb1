// shows: a size that no file can have is refused
// sees: fd_filestat_set_size inval
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_filestat_set_size(fd, -1);
    fd_filestat_set_size(fd, INT64_MIN);
}
