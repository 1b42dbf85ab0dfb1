// shows: an offset before the start is invalid, and the old one stays
// sees: fd_seek inval
// file: a.txt 0123456789
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    seek(fd, 3, SEEK_FROM_SET);
    seek(fd, -4, SEEK_FROM_CUR);
    seek(fd, -11, SEEK_FROM_END);
    seek(fd, -1, SEEK_FROM_SET);
    tell(fd);
}
