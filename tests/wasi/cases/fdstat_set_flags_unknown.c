// shows: a flag that the specification does not know ends the program
// sees: end trap
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    fd_fdstat_set_flags(fd, 32);
}
