// shows: unlinking a symbolic link leaves what it names
// sees: path_unlink_file success
// file: a.txt one
// link: l -> a.txt
// link: dangling -> nowhere
// link: d -> .
#include "wasi.h"

int main(void) {
    path_unlink_file(ROOT, S("l"));
    path_unlink_file(ROOT, S("dangling"));
    path_unlink_file(ROOT, S("d"));
}
