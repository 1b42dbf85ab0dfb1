// shows: nothing is resolved from a file or a stream
// sees: path_filestat_get badf
// file: a.txt one
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    stat_at(fd, FOLLOW, "b");
    stat_at(fd, FOLLOW, ".");
    stat_at(STDIN, FOLLOW, "b");
}
