// shows: a path does not end at a zero, and cannot hold one
// sees: path_open inval
// file: a.txt one
#include "wasi.h"

int main(void) {
    int32_t fd;
    path_open(ROOT, 0, S("a.txt\0"), 0, R_READ, 0, 0, &fd);
    path_open(ROOT, 0, S("new\0x"), CREAT, R_WRITE, 0, 0, &fd);
    path_open(ROOT, 0, S("\0"), 0, R_READ, 0, 0, &fd);
}
