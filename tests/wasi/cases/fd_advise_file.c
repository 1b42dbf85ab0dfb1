// shows: every advice is taken for a file, whatever the region
// sees: fd_advise success
// file: a.txt 0123456789
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    for (int advice = 0; advice < 6; advice++)
        fd_advise(fd, 0, 10, advice);
    fd_advise(fd, 3, 0, 0);
    fd_advise(fd, 1000, 1000, 3);
    stat_fd(fd);
}
