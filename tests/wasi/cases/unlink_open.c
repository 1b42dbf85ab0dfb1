// shows: an open file can be unlinked, and is read and written on
// sees: path_unlink_file success
// file: a.txt content
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    path_unlink_file(ROOT, S("a.txt"));
    get(fd, 20);
    put(fd, "more");
    stat_fd(fd);
}
