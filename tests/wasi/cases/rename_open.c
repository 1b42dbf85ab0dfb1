// shows: an open file keeps its descriptor when it is renamed or replaced
// sees: path_rename success
// file: a.txt one
// file: b.txt two
#include "wasi.h"

int main(void) {
    int32_t a = open_at(ROOT, "a.txt", 0, R_READ, 0);
    int32_t b = open_at(ROOT, "b.txt", 0, R_READ, 0);
    path_rename(ROOT, S("a.txt"), ROOT, S("b.txt"));
    get(a, 5);
    get(b, 5);
}
