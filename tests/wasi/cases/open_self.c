// shows: the granted directory can be opened from within
// sees: path_open success
// file: a.txt one
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, ".", DIRECTORY, R_DIR, 0);
    get(open_at(fd, "a.txt", 0, R_READ, 0), 5);
}
