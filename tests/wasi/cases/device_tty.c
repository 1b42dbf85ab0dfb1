// shows: what becomes of a terminal that is opened where there is none
// sees: path_open io
// grant: /dev /dev
// needs: /dev/tty
#include "wasi.h"

int main(void) {
    open_at(ROOT, "tty", 0, R_READ, 0);
}
