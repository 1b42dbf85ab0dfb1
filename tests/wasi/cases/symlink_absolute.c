// shows: whether a link may name an absolute path
// sees: path_symlink perm
#include "wasi.h"

int main(void) {
    path_symlink(S("/etc/passwd"), ROOT, S("l"));
    path_symlink(S("/"), ROOT, S("m"));
}
