// shows: what can be done with a file that is opened with no rights
// sees: path_open success
// file: a.txt one
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, 0, 0);
    get(fd, 3);
    put(fd, "x");
    stat_fd(fd);
    tell(fd);
}
