// shows: a directory replaces one that is empty
// sees: path_rename success
// file: one/a.txt text
// dir: two
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("one"), ROOT, S("two"));
}
