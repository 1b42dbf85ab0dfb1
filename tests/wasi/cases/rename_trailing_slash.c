// shows: a slash at the end is for directories
// sees: path_rename success
// sees: path_rename notdir
// file: a.txt one
// dir: sub
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("a.txt/"), ROOT, S("b.txt"));
    path_rename(ROOT, S("a.txt"), ROOT, S("b.txt/"));
    path_rename(ROOT, S("sub/"), ROOT, S("sub2"));
    path_rename(ROOT, S("sub2"), ROOT, S("sub3/"));
}
