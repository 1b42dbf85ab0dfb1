// shows: streams cannot be synchronised
// sees: fd_sync badf
// sees: fd_datasync badf
#include "wasi.h"

int main(void) {
    fd_sync(STDIN);
    fd_sync(STDOUT);
    fd_datasync(STDOUT);
    fd_datasync(STDERR);
}
