// shows: a directory with entries is not removed
// sees: path_remove_directory notempty
// file: one/a.txt one
// unstable: yes
#include "wasi.h"

int main(void) {
    path_remove_directory(ROOT, S("one"));
}
