// shows: entries made and removed are seen when a directory is read from its start again
// sees: fd_readdir success
// file: a one
#include "wasi.h"

int main(void) {
    list(ROOT, 4096);
    open_at(ROOT, "b", CREAT, R_WRITE, 0);
    path_unlink_file(ROOT, S("a"));
    list(ROOT, 4096);
}
