// shows: an offset beyond the end is allowed, and reading there gives nothing
// sees: fd_seek success
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    seek(fd, 1000, SEEK_FROM_END);
    get(fd, 1);
    tell(fd);
}
