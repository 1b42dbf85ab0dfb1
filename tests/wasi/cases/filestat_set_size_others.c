// shows: directories and streams have no size to set
// sees: fd_filestat_set_size badf
#include "wasi.h"

int main(void) {
    fd_filestat_set_size(ROOT, 1);
    fd_filestat_set_size(STDOUT, 1);
    fd_filestat_set_size(STDIN, 1);
}
