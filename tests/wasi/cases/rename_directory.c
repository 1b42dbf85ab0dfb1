// shows: a directory is renamed with what is in it
// sees: path_rename success
// file: one/a.txt text
// dir: two
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("one"), ROOT, S("two/three"));
    get(open_at(ROOT, "two/three/a.txt", 0, R_READ, 0), 9);
}
