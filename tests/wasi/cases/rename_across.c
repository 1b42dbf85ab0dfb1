// shows: a file moves to another file system by no rename, and gets no name there
// sees: path_rename io
// sees: path_link io
// file: a.txt one
// grant: . /
// grant: @second /second
// needs: shm
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("a.txt"), ROOT + 1, S("a.txt"));
    path_link(ROOT, 0, S("a.txt"), ROOT + 1, S("b.txt"));
}
