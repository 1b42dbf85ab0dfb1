// shows: a directory is not unlinked
// sees: path_unlink_file isdir
// dir: sub
#include "wasi.h"

int main(void) {
    path_unlink_file(ROOT, S("sub"));
    path_unlink_file(ROOT, S("."));
}
