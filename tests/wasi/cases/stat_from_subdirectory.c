// shows: paths are resolved from the directory that is open, and do not leave it
// sees: path_filestat_get success
// sees: path_filestat_get perm
// file: sub/a.txt one
// file: b.txt two
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "sub", DIRECTORY, R_DIR, 0);
    stat_at(fd, FOLLOW, "a.txt");
    stat_at(fd, FOLLOW, "../b.txt");
    stat_at(fd, FOLLOW, "../sub/a.txt");
}
