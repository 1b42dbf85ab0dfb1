// shows: writes go on where the last one ended
// sees: fd_write success
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "new.txt", CREAT, R_WRITE, 0);
    put(fd, "one ");
    put(fd, "two\n");
    tell(fd);
}
