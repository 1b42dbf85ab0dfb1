// shows: what opening gives where the host has no descriptors left
// sees: path_open io
// file: a.txt one
// files: 64
#include "wasi.h"

int main(void) {
    int32_t fd;
    int error = E_SUCCESS;
    for (int i = 0; i < 200 && error == E_SUCCESS; i++)
        error = raw_path_open(ROOT, 0, S("a.txt"), 0, R_READ, 0, 0, &fd);
    report("path_open", error);
}
