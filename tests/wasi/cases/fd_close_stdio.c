// shows: standard input and output can be closed like any descriptor
// sees: fd_close success
// sees: fd_write badf
// sees: fd_read badf
#include "wasi.h"

int main(void) {
    say_to = STDERR;
    fd_close(STDIN);
    fd_close(STDOUT);
    put(STDOUT, "lost\n");
    get(STDIN, 1);
}
