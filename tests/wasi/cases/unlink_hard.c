// shows: a file with two names keeps the other
// sees: path_unlink_file success
// file: a.txt one
// hard: b.txt = a.txt
#include "wasi.h"

int main(void) {
    path_unlink_file(ROOT, S("a.txt"));
    stat_at(ROOT, FOLLOW, "b.txt");
}
