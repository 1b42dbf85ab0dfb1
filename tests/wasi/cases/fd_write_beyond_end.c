// shows: a write beyond the end leaves zeros before it
// sees: fd_seek success
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_WRITE, 0);
    seek(fd, 6, SEEK_FROM_SET);
    put(fd, "x");
}
