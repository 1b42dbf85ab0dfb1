// shows: whether the times of an open directory can be set
// sees: path_open success
// dir: sub
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "sub", DIRECTORY, R_DIR, 0);
    fd_filestat_set_times(fd, 5, 5000, MTIM);
}
