// shows: a directory is not written to
// sees: fd_write badf
#include "wasi.h"

int main(void) {
    put(ROOT, "x");
}
