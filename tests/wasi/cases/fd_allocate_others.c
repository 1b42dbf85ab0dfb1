// shows: nothing can be allocated for directories, streams, and files open for reading
// sees: fd_allocate badf
// file: a.txt abc
#include "wasi.h"

int main(void) {
    fd_allocate(ROOT, 0, 10);
    fd_allocate(STDOUT, 0, 10);
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    fd_allocate(fd, 0, 10);
}
