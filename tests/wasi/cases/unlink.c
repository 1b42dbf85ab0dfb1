// shows: a file can be unlinked, and is gone
// sees: path_unlink_file success
// sees: path_unlink_file noent
// file: a.txt one
// unstable: yes
#include "wasi.h"

int main(void) {
    path_unlink_file(ROOT, S("a.txt"));
    path_unlink_file(ROOT, S("a.txt"));
}
