// shows: a file does not replace a directory, nor a directory a file
// sees: path_rename isdir
// sees: path_rename notdir
// file: a.txt one
// dir: sub
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("a.txt"), ROOT, S("sub"));
    path_rename(ROOT, S("sub"), ROOT, S("a.txt"));
}
