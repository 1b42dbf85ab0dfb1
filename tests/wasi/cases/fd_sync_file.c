// shows: data and metadata of a file can be synchronised
// sees: fd_sync success
// sees: fd_datasync success
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", CREAT, R_WRITE, 0);
    put(fd, "text");
    fd_datasync(fd);
    fd_sync(fd);
}
