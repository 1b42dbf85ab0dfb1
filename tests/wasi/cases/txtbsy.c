// shows: what becomes of a program that runs and is opened for writing
// sees: path_open io
// running: prog
#include "wasi.h"

int main(void) {
    open_at(ROOT, "prog", 0, R_WRITE, 0);
    open_at(ROOT, "prog", TRUNC, R_WRITE, 0);
}
