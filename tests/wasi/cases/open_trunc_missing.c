// shows: trunc makes no file
// sees: path_open noent
#include "wasi.h"

int main(void) {
    open_at(ROOT, "missing", TRUNC, R_WRITE, 0);
}
