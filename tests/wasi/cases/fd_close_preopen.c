// shows: a granted directory can be closed, and is then out of reach
// sees: fd_close success
// sees: path_open badf
// file: a.txt one
#include "wasi.h"

int main(void) {
    fd_close(ROOT);
    open_at(ROOT, "a.txt", 0, R_READ, 0);
    __wasi_prestat_t prestat;
    fd_prestat_get(ROOT, &prestat);
}
