// shows: a link is not made where anything is
// sees: path_symlink exist
// file: a.txt one
// dir: sub
// link: l -> nowhere
#include "wasi.h"

int main(void) {
    path_symlink(S("x"), ROOT, S("a.txt"));
    path_symlink(S("x"), ROOT, S("sub"));
    path_symlink(S("x"), ROOT, S("l"));
}
