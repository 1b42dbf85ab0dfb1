// shows: a granted directory is a directory
// sees: fd_filestat_get success
#include "wasi.h"

int main(void) {
    filestat stat;
    fd_filestat_get(ROOT, &stat);
    say("%s\n", filetype_name(stat.filetype));
}
