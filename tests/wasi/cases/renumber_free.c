// shows: a number that is not open is nothing to overwrite
// sees: fd_renumber badf
// file: a.txt in a
#include "wasi.h"

int main(void) {
    int32_t a = open_at(ROOT, "a.txt", 0, R_READ, 0);
    fd_renumber(a, 500);
    get(a, 10);
}
