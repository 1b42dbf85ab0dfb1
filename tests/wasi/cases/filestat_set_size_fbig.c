// shows: a size beyond what the file system takes is too large
// sees: fd_filestat_set_size fbig
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_filestat_set_size(fd, INT64_MAX);
}
