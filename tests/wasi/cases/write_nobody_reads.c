// shows: writing where nobody reads any more is an error of that call
// sees: fd_write io
// closed: stdout
#include "wasi.h"

int main(void) {
    say_to = STDERR;
    put(STDOUT, "to nobody\n");
    put(STDOUT, "again\n");
}
