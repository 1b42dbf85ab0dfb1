// shows: what is not there gets no other name
// sees: path_link noent
// file: a.txt one
#include "wasi.h"

int main(void) {
    path_link(ROOT, 0, S("missing"), ROOT, S("b"));
    path_link(ROOT, 0, S("a.txt"), ROOT, S("missing/b"));
}
