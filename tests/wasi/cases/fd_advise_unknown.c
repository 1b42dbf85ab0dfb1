// shows: an advice that the specification does not know ends the program
// sees: end trap
// file: a.txt 0123456789
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    fd_advise(fd, 0, 10, 6);
}
