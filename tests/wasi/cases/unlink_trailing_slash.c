// shows: a slash at the end of a path asks for a directory, so that nothing is unlinked
// sees: path_unlink_file notdir
// sees: path_unlink_file isdir
// file: a.txt one
// dir: sub
#include "wasi.h"

int main(void) {
    path_unlink_file(ROOT, S("a.txt/"));
    path_unlink_file(ROOT, S("sub/"));
    path_unlink_file(ROOT, S("missing/"));
}
