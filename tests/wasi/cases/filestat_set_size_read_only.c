// shows: the size of a file that is open for reading alone cannot be set
// sees: fd_filestat_set_size inval
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    fd_filestat_set_size(fd, 1);
}
