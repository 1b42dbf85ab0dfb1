// shows: an offset is moved from the start, from where it is, and from the end
// sees: fd_seek success
// file: a.txt 0123456789
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    seek(fd, 4, SEEK_FROM_SET);
    get(fd, 1);
    seek(fd, 2, SEEK_FROM_CUR);
    get(fd, 1);
    seek(fd, -1, SEEK_FROM_END);
    get(fd, 1);
    seek(fd, -3, SEEK_FROM_CUR);
    get(fd, 1);
    tell(fd);
}
