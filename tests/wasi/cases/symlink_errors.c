// shows: where links cannot be made
// sees: path_symlink noent
// sees: path_symlink notdir
// sees: path_symlink perm
// file: a.txt one
#include "wasi.h"

int main(void) {
    path_symlink(S("x"), ROOT, S("missing/l"));
    path_symlink(S("x"), ROOT, S("a.txt/l"));
    path_symlink(S("x"), ROOT, S("../l"));
}
