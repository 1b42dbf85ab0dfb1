// shows: a descriptor keeps the rights that it has
// sees: fd_fdstat_set_rights notsup
// file: a.txt abc
#include "wasi.h"

int main(void) {
    fdstat stat;
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_fdstat_get(fd, &stat);
    fd_fdstat_set_rights(fd, (int64_t)stat.fs_rights_base, (int64_t)stat.fs_rights_inheriting);
    get(fd, 1);
}
