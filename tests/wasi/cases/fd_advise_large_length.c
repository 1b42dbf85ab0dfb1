// shows: a length that no file can have is invalid
// sees: fd_advise inval
// file: a.txt abc
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    fd_advise(fd, 1, INT64_MIN, 0);
}
