// shows: nothing is opened from a file or a stream
// sees: path_open badf
// file: a.txt one
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    open_at(fd, "b.txt", CREAT, R_WRITE, 0);
    open_at(fd, ".", 0, R_READ, 0);
    open_at(STDOUT, "b.txt", 0, R_READ, 0);
}
