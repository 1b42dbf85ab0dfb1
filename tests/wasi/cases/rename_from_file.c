// shows: a file or a stream is no directory to rename in
// sees: path_rename badf
// file: a.txt one
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    path_rename(fd, S("a"), ROOT, S("b"));
    path_rename(ROOT, S("a.txt"), fd, S("b"));
    path_rename(ROOT, S("a.txt"), STDOUT, S("b"));
}
