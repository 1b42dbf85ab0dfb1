// shows: what is not there is not renamed
// sees: path_rename noent
// file: a.txt one
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("missing"), ROOT, S("b"));
    path_rename(ROOT, S("a.txt"), ROOT, S("missing/b"));
    path_rename(ROOT, S(""), ROOT, S("b"));
    path_rename(ROOT, S("a.txt"), ROOT, S(""));
}
