// shows: a descriptor takes the place of another, which is closed
// sees: fd_renumber success
// file: a.txt in a
// file: b.txt in b
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t a = open_at(ROOT, "a.txt", 0, R_READ, 0);
    int32_t b = open_at(ROOT, "b.txt", 0, R_READ, 0);
    fd_renumber(a, b);
    get(b, 10);
    get(a, 10);
}
