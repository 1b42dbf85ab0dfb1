// shows: a directory is not moved into itself
// sees: path_rename inval
// dir: one/two
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("one"), ROOT, S("one/two/three"));
}
