// shows: no time is set in a folder that is granted for reading alone
// sees: path_filestat_set_times perm
// file: a.txt one
// grant: . / ro
#include "wasi.h"

int main(void) {
    path_filestat_set_times(ROOT, FOLLOW, S("a.txt"), 5, 5, MTIM);
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    fd_filestat_set_times(fd, 5, 5, MTIM);
}
