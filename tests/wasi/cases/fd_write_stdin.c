// shows: standard input cannot be written to, nor standard output read from
// sees: fd_write badf
// sees: fd_read badf
#include "wasi.h"

int main(void) {
    put(STDIN, "x");
    get(STDOUT, 1);
    get(STDERR, 1);
}
