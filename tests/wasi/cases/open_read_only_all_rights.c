// shows: what a file in a folder granted for reading alone gives where every right is asked for
// sees: fd_fdstat_get success
// file: a.txt one
// grant: . / ro
#include "wasi.h"

int main(void) {
    fdstat stat;
    fd_fdstat_get(ROOT, &stat);
    int32_t fd = -1;
    path_open(ROOT, 0, S("a.txt"), 0, (int64_t)stat.fs_rights_inheriting, 0, 0, &fd);
    get(fd, 3);
    put(fd, "x");
}
