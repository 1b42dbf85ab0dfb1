// shows: a file renamed to itself, or to another name of its own, stays
// sees: path_rename success
// file: a.txt one
// hard: b.txt = a.txt
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("a.txt"), ROOT, S("a.txt"));
    path_rename(ROOT, S("a.txt"), ROOT, S("b.txt"));
}
