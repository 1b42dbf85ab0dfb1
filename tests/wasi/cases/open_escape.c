// shows: no path leads out of the granted directory
// sees: path_open perm
// file: ../beside.txt secret
// dir: sub
#include "wasi.h"

int main(void) {
    open_at(ROOT, "..", DIRECTORY, R_DIR, 0);
    open_at(ROOT, "../beside.txt", 0, R_READ, 0);
    open_at(ROOT, "sub/../../beside.txt", 0, R_READ, 0);
    open_at(ROOT, "../root/sub", DIRECTORY, R_DIR, 0);
    open_at(ROOT, "/etc/passwd", 0, R_READ, 0);
    open_at(ROOT, "/", DIRECTORY, R_DIR, 0);
    open_at(ROOT, "../made.txt", CREAT, R_WRITE, 0);
    open_at(ROOT, "sub/..", DIRECTORY, R_DIR, 0);
}
