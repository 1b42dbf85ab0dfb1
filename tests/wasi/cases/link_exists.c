// shows: a hard link is not made where anything is
// sees: path_link exist
// file: a.txt one
// file: b.txt two
// dir: sub
#include "wasi.h"

int main(void) {
    path_link(ROOT, 0, S("a.txt"), ROOT, S("b.txt"));
    path_link(ROOT, 0, S("a.txt"), ROOT, S("sub"));
    path_link(ROOT, 0, S("a.txt"), ROOT, S("a.txt"));
}
