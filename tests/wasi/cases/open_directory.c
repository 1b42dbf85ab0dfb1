// shows: a directory is opened with and without the flag that asks for one
// sees: path_open success
// dir: sub
// file: sub/a.txt one
#include "wasi.h"

int main(void) {
    int32_t a = open_at(ROOT, "sub", DIRECTORY, R_DIR, 0);
    int32_t b = open_at(ROOT, "sub", 0, R_DIR, 0);
    get(open_at(a, "a.txt", 0, R_READ, 0), 5);
    get(open_at(b, "a.txt", 0, R_READ, 0), 5);
}
