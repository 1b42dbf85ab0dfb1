// shows: nothing is unlinked in a folder that is granted for reading alone
// sees: path_unlink_file perm
// file: a.txt one
// grant: . / ro
#include "wasi.h"

int main(void) {
    path_unlink_file(ROOT, S("a.txt"));
    path_unlink_file(ROOT, S("missing"));
}
