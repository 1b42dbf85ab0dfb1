// shows: the offset stays where it is when a file is cut before it
// sees: fd_filestat_set_size success
// file: a.txt 0123456789
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    seek(fd, 8, SEEK_FROM_SET);
    fd_filestat_set_size(fd, 4);
    tell(fd);
    get(fd, 1);
    put(fd, "x");
}
