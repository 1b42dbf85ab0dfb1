// shows: creat makes a file that is not there, and opens one that is
// sees: path_open success
// file: a.txt kept
// unstable: yes
#include "wasi.h"

int main(void) {
    put(open_at(ROOT, "new.txt", CREAT, R_RDWR, 0), "made");
    get(open_at(ROOT, "a.txt", CREAT, R_RDWR, 0), 10);
}
