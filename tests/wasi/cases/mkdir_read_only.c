// shows: nothing is made in a folder that is granted for reading alone
// sees: path_create_directory perm
// dir: sub
// grant: . / ro
#include "wasi.h"

int main(void) {
    path_create_directory(ROOT, S("one"));
    path_create_directory(open_at(ROOT, "sub", DIRECTORY, R_DIR, 0), S("one"));
}
