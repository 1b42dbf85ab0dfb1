// shows: neither a link's text nor its name can be empty
// sees: path_symlink noent
#include "wasi.h"

int main(void) {
    path_symlink(S(""), ROOT, S("l"));
    path_symlink(S("x"), ROOT, S(""));
}
