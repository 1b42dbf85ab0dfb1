// shows: directories have no hard links
// sees: path_link perm
// dir: sub
#include "wasi.h"

int main(void) {
    path_link(ROOT, 0, S("sub"), ROOT, S("other"));
    path_link(ROOT, 0, S("."), ROOT, S("other"));
}
