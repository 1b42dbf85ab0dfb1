// shows: neither side of a rename may be granted for reading alone
// sees: path_rename perm
// file: one/a.txt one
// file: two/b.txt two
// grant: one /one
// grant: two /two ro
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("a.txt"), ROOT + 1, S("a.txt"));
    path_rename(ROOT + 1, S("b.txt"), ROOT, S("b.txt"));
    path_rename(ROOT + 1, S("b.txt"), ROOT + 1, S("c.txt"));
}
