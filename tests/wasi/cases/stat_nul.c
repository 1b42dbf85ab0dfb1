// shows: a path with a zero in it names nothing
// sees: path_filestat_get inval
// file: a one
#include "wasi.h"

int main(void) {
    filestat stat;
    path_filestat_get(ROOT, FOLLOW, S("a\0b"), &stat);
    path_filestat_get(ROOT, FOLLOW, S("a\0"), &stat);
}
