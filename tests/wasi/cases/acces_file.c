// shows: a file whose permissions say no is not opened
// sees: path_open acces
// file: a.txt one
// mode: a.txt 000
// file: b.txt two
// mode: b.txt 444
// needs: user
#include "wasi.h"

int main(void) {
    open_at(ROOT, "a.txt", 0, R_READ, 0);
    open_at(ROOT, "b.txt", 0, R_READ, 0);
    open_at(ROOT, "b.txt", 0, R_WRITE, 0);
    stat_at(ROOT, FOLLOW, "a.txt");
}
