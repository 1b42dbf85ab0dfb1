// shows: reads go on where the last one ended, and give 0 bytes at the end of the file
// sees: fd_read success
// file: a.txt hello, file
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    get(fd, 5);
    get(fd, 100);
    get(fd, 100);
}
