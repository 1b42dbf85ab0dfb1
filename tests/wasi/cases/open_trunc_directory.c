// shows: a directory is not cut
// sees: path_open isdir
// dir: sub
#include "wasi.h"

int main(void) {
    open_at(ROOT, "sub", TRUNC, R_WRITE, 0);
}
