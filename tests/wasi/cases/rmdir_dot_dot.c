// shows: what lies above the granted directory cannot be removed
// sees: path_remove_directory perm
// dir: ../beside
// dir: sub
#include "wasi.h"

int main(void) {
    path_remove_directory(ROOT, S(".."));
    path_remove_directory(ROOT, S("../beside"));
    path_remove_directory(ROOT, S("sub/../../beside"));
}
