// shows: a descriptor can be given its own number
// sees: fd_renumber success
// file: a.txt in a
#include "wasi.h"

int main(void) {
    int32_t a = open_at(ROOT, "a.txt", 0, R_READ, 0);
    fd_renumber(a, a);
    get(a, 10);
}
