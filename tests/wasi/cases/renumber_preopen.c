// shows: what becomes of a granted directory that is renumbered, or overwritten
// sees: path_open success
// file: a.txt in a
// dir: sub
#include "wasi.h"

int main(void) {
    int32_t a = open_at(ROOT, "a.txt", 0, R_READ, 0);
    int32_t d = open_at(ROOT, "sub", DIRECTORY, R_DIR, 0);
    fd_renumber(ROOT, a);
    fd_renumber(d, ROOT);
    open_at(ROOT, "a.txt", 0, R_READ, 0);
}
