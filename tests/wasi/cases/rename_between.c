// shows: a file moves from one granted directory to another
// sees: path_rename success
// file: one/a.txt one
// dir: two
// grant: one /one
// grant: two /two
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("a.txt"), ROOT + 1, S("moved.txt"));
}
