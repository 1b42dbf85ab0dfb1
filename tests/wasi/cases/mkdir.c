// shows: a directory is made, one in another, but not twice
// sees: path_create_directory success
// sees: path_create_directory exist
// unstable: yes
#include "wasi.h"

int main(void) {
    path_create_directory(ROOT, S("one"));
    path_create_directory(ROOT, S("one/two"));
    path_create_directory(ROOT, S("one"));
    stat_at(ROOT, FOLLOW, "one/two");
}
