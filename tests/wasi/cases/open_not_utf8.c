// shows: no file is made whose name is not UTF-8
// sees: path_open ilseq
#include "wasi.h"

int main(void) {
    int32_t fd;
    path_open(ROOT, 0, S("a\xff"), CREAT, R_WRITE, 0, 0, &fd);
    path_open(ROOT, 0, S("\x80"), 0, R_READ, 0, 0, &fd);
}
