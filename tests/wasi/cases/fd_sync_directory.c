// shows: a granted directory cannot be synchronised
// sees: fd_sync badf
// sees: fd_datasync badf
#include "wasi.h"

int main(void) {
    fd_sync(ROOT);
    fd_datasync(ROOT);
}
