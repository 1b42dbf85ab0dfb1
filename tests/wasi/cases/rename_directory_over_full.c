// shows: a directory does not replace one that is not empty
// sees: path_rename notempty
// file: one/a.txt text
// file: two/b.txt text
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("one"), ROOT, S("two"));
}
