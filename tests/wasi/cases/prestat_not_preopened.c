// shows: streams, and directories that the guest opened, are not granted directories
// sees: fd_prestat_get badf
// sees: fd_prestat_dir_name notdir
// dir: sub
#include "wasi.h"

int main(void) {
    __wasi_prestat_t prestat;
    char name[8];
    fd_prestat_get(STDIN, &prestat);
    fd_prestat_get(STDOUT, &prestat);
    int32_t fd = open_at(ROOT, "sub", DIRECTORY, R_DIR, 0);
    fd_prestat_get(fd, &prestat);
    fd_prestat_dir_name(fd, name, 8);
    fd_prestat_dir_name(STDERR, name, 8);
}
