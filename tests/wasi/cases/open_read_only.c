// shows: a folder granted for reading alone opens nothing to write, make or cut
// sees: path_open success
// sees: path_open perm
// file: a.txt one
// dir: sub
// grant: . / ro
#include "wasi.h"

int main(void) {
    get(open_at(ROOT, "a.txt", 0, R_READ, 0), 5);
    open_at(ROOT, "a.txt", 0, R_WRITE, 0);
    open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    open_at(ROOT, "a.txt", TRUNC, R_READ, 0);
    open_at(ROOT, "new.txt", CREAT, R_READ, 0);
    open_at(ROOT, "new.txt", CREAT, R_WRITE, 0);
    open_at(ROOT, "sub/new.txt", CREAT, R_WRITE, 0);
    int32_t sub = open_at(ROOT, "sub", DIRECTORY, R_DIR, 0);
    open_at(sub, "new.txt", CREAT, R_WRITE, 0);
}
