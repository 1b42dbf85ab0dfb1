// shows: which descriptor flags a file can be opened with
// sees: path_open success
// file: a.txt one
#include "wasi.h"

int main(void) {
    static const int flags[] = {APPEND, NONBLOCK, SYNC, DSYNC, RSYNC, DSYNC | RSYNC, SYNC | RSYNC, APPEND | NONBLOCK};
    for (int i = 0; i < 8; i++) {
        int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, flags[i]);
        if (fd >= 0)
            show_fdstat(fd);
    }
}
