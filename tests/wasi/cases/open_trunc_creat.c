// shows: creat and trunc give an empty file, whether it was there or not
// sees: path_open success
// file: a.txt content
#include "wasi.h"

int main(void) {
    put(open_at(ROOT, "a.txt", CREAT | TRUNC, R_WRITE, 0), "x");
    put(open_at(ROOT, "b.txt", CREAT | TRUNC, R_WRITE, 0), "y");
}
