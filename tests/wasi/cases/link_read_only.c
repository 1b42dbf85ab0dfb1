// shows: no hard link is made from or to a folder that is granted for reading alone
// sees: path_link perm
// file: one/a.txt one
// file: two/b.txt two
// grant: one /one
// grant: two /two ro
#include "wasi.h"

int main(void) {
    path_link(ROOT, 0, S("a.txt"), ROOT + 1, S("a.txt"));
    path_link(ROOT + 1, 0, S("b.txt"), ROOT, S("b.txt"));
}
