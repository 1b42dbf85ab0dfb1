// shows: an empty directory can be removed, and is gone
// sees: path_remove_directory success
// sees: path_remove_directory noent
// dir: one/two
// unstable: yes
#include "wasi.h"

int main(void) {
    path_remove_directory(ROOT, S("one/two"));
    path_remove_directory(ROOT, S("one"));
    path_remove_directory(ROOT, S("one"));
}
