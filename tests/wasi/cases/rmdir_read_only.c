// shows: nothing is removed from a folder that is granted for reading alone
// sees: path_remove_directory perm
// dir: sub
// grant: . / ro
#include "wasi.h"

int main(void) {
    path_remove_directory(ROOT, S("sub"));
}
