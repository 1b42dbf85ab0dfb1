// shows: no link leads out of the granted directory
// sees: path_open perm
// file: ../beside.txt secret
// dir: sub
// link: file -> ../beside.txt
// link: up -> ..
// link: abs -> /etc/passwd
// link: sub/far -> ../../beside.txt
// link: chain -> sub/far
// link: new -> ../made.txt
#include "wasi.h"

int main(void) {
    open_at(ROOT, "file", 0, R_READ, 0);
    open_at(ROOT, "up", DIRECTORY, R_DIR, 0);
    open_at(ROOT, "up/beside.txt", 0, R_READ, 0);
    open_at(ROOT, "abs", 0, R_READ, 0);
    open_at(ROOT, "sub/far", 0, R_READ, 0);
    open_at(ROOT, "chain", 0, R_READ, 0);
    open_at(ROOT, "new", CREAT, R_WRITE, 0);
}
