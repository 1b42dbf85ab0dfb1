// shows: a file says what it was opened for
// sees: fd_fdstat_get success
// file: a.txt abc
// unstable: yes
#include "wasi.h"

int main(void) {
    show_fdstat(open_at(ROOT, "a.txt", 0, R_READ, 0));
    show_fdstat(open_at(ROOT, "a.txt", 0, R_WRITE, 0));
    show_fdstat(open_at(ROOT, "a.txt", 0, R_RDWR, APPEND));
}
