// shows: the append flag can be set and taken away while a file is open
// sees: fd_fdstat_set_flags success
// file: a.txt start;
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_fdstat_set_flags(fd, APPEND);
    show_fdstat(fd);
    put(fd, "end;");
    fd_fdstat_set_flags(fd, 0);
    show_fdstat(fd);
    seek(fd, 0, SEEK_FROM_SET);
    put(fd, "S");
}
