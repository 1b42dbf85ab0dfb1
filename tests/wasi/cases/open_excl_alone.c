// shows: what excl does without creat
// sees: path_open success
// file: a.txt one
#include "wasi.h"

int main(void) {
    open_at(ROOT, "a.txt", EXCL, R_READ, 0);
}
