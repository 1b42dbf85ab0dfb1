// shows: a whence that the specification does not know ends the program
// sees: end trap
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    seek(fd, 0, 3);
}
