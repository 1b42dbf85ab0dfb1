// shows: what becomes of a link to a directory where a directory is asked for and links are not followed
// sees: path_open loop
// dir: sub
// link: d -> sub
// file: sub/a.txt one
#include "wasi.h"

int main(void) {
    int32_t fd;
    path_open(ROOT, NOFOLLOW, S("d"), DIRECTORY, R_DIR, R_ALL, 0, &fd);
}
