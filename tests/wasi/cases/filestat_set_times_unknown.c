// shows: a time flag that the specification does not know ends the program
// sees: end trap
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_filestat_set_times(fd, 5, 5, 16);
}
