// shows: no link is made in a folder that is granted for reading alone
// sees: path_symlink perm
// grant: . / ro
#include "wasi.h"

int main(void) {
    path_symlink(S("x"), ROOT, S("l"));
}
