// shows: trunc leaves a file empty
// sees: path_open success
// file: a.txt content
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", TRUNC, R_RDWR, 0);
    stat_fd(fd);
    put(fd, "new");
}
