// shows: what becomes of a slash at the end of a directory, or a file, to remove
// sees: path_remove_directory inval
// sees: path_remove_directory notdir
// file: a.txt one
// dir: sub
#include "wasi.h"

int main(void) {
    path_remove_directory(ROOT, S("sub/"));
    path_remove_directory(ROOT, S("a.txt/"));
}
