// shows: a slash at the end asks for a directory
// sees: path_open notdir
// file: a.txt one
// dir: sub
#include "wasi.h"

int main(void) {
    open_at(ROOT, "a.txt/", 0, R_READ, 0);
    open_at(ROOT, "sub/", DIRECTORY, R_DIR, 0);
    open_at(ROOT, "sub//", 0, R_DIR, 0);
    open_at(ROOT, "missing/", 0, R_READ, 0);
}
