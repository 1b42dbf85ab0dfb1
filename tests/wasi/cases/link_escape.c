// shows: no hard link crosses the border of the granted directory
// sees: path_link perm
// file: a.txt one
// file: ../beside.txt two
// link: up -> ..
#include "wasi.h"

int main(void) {
    path_link(ROOT, 0, S("../beside.txt"), ROOT, S("b.txt"));
    path_link(ROOT, 0, S("a.txt"), ROOT, S("../b.txt"));
    path_link(ROOT, 0, S("up/beside.txt"), ROOT, S("b.txt"));
    path_link(ROOT, 0, S("a.txt"), ROOT, S("up/b.txt"));
}
