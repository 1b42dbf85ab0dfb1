// shows: no file outside of the granted directory is unlinked
// sees: path_unlink_file perm
// file: ../beside.txt one
// link: up -> ..
#include "wasi.h"

int main(void) {
    path_unlink_file(ROOT, S("../beside.txt"));
    path_unlink_file(ROOT, S("up/beside.txt"));
}
