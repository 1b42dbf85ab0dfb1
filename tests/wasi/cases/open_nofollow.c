// shows: a link is not opened where links are not followed
// sees: path_open loop
// file: a.txt one
// dir: sub
// link: l -> a.txt
// link: d -> sub
// link: dangling -> nowhere
#include "wasi.h"

int main(void) {
    int32_t fd;
    path_open(ROOT, NOFOLLOW, S("l"), 0, R_READ, 0, 0, &fd);
    path_open(ROOT, NOFOLLOW, S("dangling"), 0, R_READ, 0, 0, &fd);
    path_open(ROOT, NOFOLLOW, S("d"), 0, R_READ, 0, 0, &fd);
    path_open(ROOT, NOFOLLOW, S("a.txt"), 0, R_READ, 0, 0, &fd);
}
