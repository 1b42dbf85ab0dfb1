// shows: a file that is there is opened, and its descriptor is none of those in use
// sees: path_open success
// file: a.txt one
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t a = open_at(ROOT, "a.txt", 0, R_READ, 0);
    int32_t b = open_at(ROOT, "a.txt", 0, R_READ, 0);
    say("%d %d\n", a > ROOT, b != a && b > ROOT);
    get(b, 3);
    get(a, 3);
}
