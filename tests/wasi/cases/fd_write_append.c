// shows: with append, each write goes to the end, wherever the offset is
// sees: fd_write success
// file: a.txt start;
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, APPEND);
    put(fd, "one;");
    seek(fd, 0, SEEK_FROM_SET);
    put(fd, "two;");
    tell(fd);
    seek(fd, 0, SEEK_FROM_SET);
    get(fd, 100);
}
