// shows: a link may name what lies above, but is not followed there
// sees: path_open perm
// file: ../beside.txt secret
#include "wasi.h"

int main(void) {
    path_symlink(S("../beside.txt"), ROOT, S("l"));
    open_at(ROOT, "l", 0, R_READ, 0);
    path_symlink(S(".."), ROOT, S("m"));
    open_at(ROOT, "m/beside.txt", 0, R_READ, 0);
}
