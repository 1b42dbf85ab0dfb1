// shows: a file gets another name, in another directory as well
// sees: path_rename success
// file: a.txt one
// dir: sub
// unstable: yes
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("a.txt"), ROOT, S("b.txt"));
    stat_at(ROOT, FOLLOW, "a.txt");
    path_rename(ROOT, S("b.txt"), ROOT, S("sub/c.txt"));
}
