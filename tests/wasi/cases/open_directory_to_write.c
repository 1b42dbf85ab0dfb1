// shows: a directory cannot be opened for writing
// sees: path_open isdir
// dir: sub
#include "wasi.h"

int main(void) {
    open_at(ROOT, "sub", 0, R_RDWR, 0);
    open_at(ROOT, "sub", 0, R_WRITE, 0);
    open_at(ROOT, "sub", DIRECTORY, R_RDWR, 0);
}
