// shows: without a grant there is no directory
// sees: fd_prestat_get badf
// sees: path_open badf
// grant: none
#include "wasi.h"

int main(void) {
    __wasi_prestat_t prestat;
    fd_prestat_get(ROOT, &prestat);
    open_at(ROOT, ".", DIRECTORY, R_DIR, 0);
}
