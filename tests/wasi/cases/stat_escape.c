// shows: nothing outside of the granted directory has attributes
// sees: path_filestat_get perm
// file: ../beside.txt one
// dir: sub
// link: up -> ..
// link: out -> ../beside.txt
// link: abs -> /etc/passwd
#include "wasi.h"

int main(void) {
    stat_at(ROOT, FOLLOW, "..");
    stat_at(ROOT, FOLLOW, "../beside.txt");
    stat_at(ROOT, FOLLOW, "sub/../../beside.txt");
    stat_at(ROOT, FOLLOW, "/etc/passwd");
    stat_at(ROOT, FOLLOW, "up/beside.txt");
    stat_at(ROOT, FOLLOW, "out");
    stat_at(ROOT, FOLLOW, "abs");
    stat_at(ROOT, NOFOLLOW, "out");
    stat_at(ROOT, NOFOLLOW, "up");
}
