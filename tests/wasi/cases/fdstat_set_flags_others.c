// shows: flags of directories and streams cannot be set
// sees: fd_fdstat_set_flags badf
#include "wasi.h"

int main(void) {
    fd_fdstat_set_flags(ROOT, APPEND);
    fd_fdstat_set_flags(STDOUT, APPEND);
    fd_fdstat_set_flags(STDIN, NONBLOCK);
}
