// shows: a slash at the end asks for a directory
// sees: path_filestat_get notdir
// file: a.txt one
// dir: sub
// link: l -> a.txt
#include "wasi.h"

int main(void) {
    filestat stat;
    path_filestat_get(ROOT, FOLLOW, S("sub/"), &stat);
    path_filestat_get(ROOT, FOLLOW, S("a.txt/"), &stat);
    path_filestat_get(ROOT, FOLLOW, S("l/"), &stat);
}
