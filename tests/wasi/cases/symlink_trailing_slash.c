// shows: what becomes of a slash at the end of a link's name
// sees: path_symlink noent
// dir: sub
#include "wasi.h"

int main(void) {
    path_symlink(S("sub"), ROOT, S("l/"));
    path_symlink(S("sub"), ROOT, S("sub/"));
    path_symlink(S("sub/"), ROOT, S("m"));
}
