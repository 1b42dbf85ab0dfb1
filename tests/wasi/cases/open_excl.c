// shows: creat and excl make a file, and fail where anything is
// sees: path_open success
// sees: path_open exist
// file: a.txt one
// link: l -> nowhere
// dir: sub
#include "wasi.h"

int main(void) {
    open_at(ROOT, "new.txt", CREAT | EXCL, R_WRITE, 0);
    open_at(ROOT, "new.txt", CREAT | EXCL, R_WRITE, 0);
    open_at(ROOT, "a.txt", CREAT | EXCL, R_WRITE, 0);
    open_at(ROOT, "sub", CREAT | EXCL, R_WRITE, 0);
    int32_t fd;
    path_open(ROOT, NOFOLLOW, S("l"), CREAT | EXCL, R_WRITE, 0, 0, &fd);
}
