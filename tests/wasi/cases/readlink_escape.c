// shows: no link outside of the granted directory is read
// sees: path_readlink perm
// link: ../beside -> secret
// link: up -> ..
#include "wasi.h"

int main(void) {
    link_at(ROOT, "../beside");
    link_at(ROOT, "up/beside");
}
