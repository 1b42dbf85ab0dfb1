// shows: creat does not open a directory as a file
// sees: path_open isdir
// dir: sub
#include "wasi.h"

int main(void) {
    open_at(ROOT, "sub", CREAT, R_WRITE, 0);
}
