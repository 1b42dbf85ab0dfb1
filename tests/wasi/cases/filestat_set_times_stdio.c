// shows: streams have no times to set
// sees: fd_filestat_set_times badf
#include "wasi.h"

int main(void) {
    fd_filestat_set_times(STDIN, 5, 5, MTIM);
    fd_filestat_set_times(STDOUT, 5, 5, MTIM);
}
