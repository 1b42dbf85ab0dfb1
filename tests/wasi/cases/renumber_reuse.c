// shows: the number that a renumbered descriptor leaves is free for the next one
// sees: fd_renumber success
// file: a.txt in a
#include "wasi.h"

int main(void) {
    int32_t a = open_at(ROOT, "a.txt", 0, R_READ, 0);
    int32_t b = open_at(ROOT, "a.txt", 0, R_READ, 0);
    fd_renumber(b, a);
    int32_t c = open_at(ROOT, "a.txt", 0, R_READ, 0);
    say("another than the one in use: %d\n", c != a);
    get(c, 2);
    get(a, 5);
}
