// shows: no directory is made outside of the granted one
// sees: path_create_directory perm
// dir: sub
// dir: ../beside
// link: out -> ../beside
#include "wasi.h"

int main(void) {
    path_create_directory(ROOT, S("../made"));
    path_create_directory(ROOT, S("sub/../../made"));
    path_create_directory(ROOT, S("/made"));
    path_create_directory(ROOT, S("out/made"));
}
