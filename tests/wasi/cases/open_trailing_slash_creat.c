// shows: no file is made whose name has a slash at its end
// sees: path_open isdir
#include "wasi.h"

int main(void) {
    open_at(ROOT, "new/", CREAT, R_WRITE, 0);
    open_at(ROOT, "new/.", CREAT, R_WRITE, 0);
}
