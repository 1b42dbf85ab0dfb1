// shows: what kind of file a named pipe is, and how it is listed
// sees: path_filestat_get success
// fifo: p
#include "wasi.h"

int main(void) {
    filestat stat;
    path_filestat_get(ROOT, FOLLOW, S("p"), &stat);
    say("%s\n", filetype_name(stat.filetype));
    list(ROOT, 4096);
    path_unlink_file(ROOT, S("p"));
}
