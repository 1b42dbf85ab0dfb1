// shows: a directory that is open can be removed, and nothing is made in it then
// sees: path_remove_directory success
// dir: sub
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "sub", DIRECTORY, R_DIR, 0);
    path_remove_directory(ROOT, S("sub"));
    open_at(fd, "a.txt", CREAT, R_WRITE, 0);
}
