// shows: whether a directory hands on no more than the rights it was opened to hand on
// sees: path_open success
// file: sub/a.txt one
#include "wasi.h"

int main(void) {
    int32_t sub = -1, fd = -1;
    path_open(ROOT, 0, S("sub"), DIRECTORY, R_DIR, R_READ, 0, &sub);
    path_open(sub, 0, S("a.txt"), 0, R_READ, 0, 0, &fd);
    get(fd, 3);
    path_open(sub, 0, S("a.txt"), 0, R_RDWR, 0, 0, &fd);
}
