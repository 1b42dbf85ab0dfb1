// shows: nothing is renamed into or out of the granted directory
// sees: path_rename perm
// file: a.txt one
// file: ../beside.txt two
// link: up -> ..
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("a.txt"), ROOT, S("../out.txt"));
    path_rename(ROOT, S("../beside.txt"), ROOT, S("in.txt"));
    path_rename(ROOT, S("a.txt"), ROOT, S("up/out.txt"));
    path_rename(ROOT, S("up/beside.txt"), ROOT, S("in.txt"));
    path_rename(ROOT, S("a.txt"), ROOT, S("/out.txt"));
}
