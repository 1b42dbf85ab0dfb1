// shows: links before the last name are followed all the same
// sees: path_open success
// file: sub/a.txt one
// link: d -> sub
#include "wasi.h"

int main(void) {
    int32_t fd;
    path_open(ROOT, NOFOLLOW, S("d/a.txt"), 0, R_READ, 0, 0, &fd);
    get(fd, 5);
}
