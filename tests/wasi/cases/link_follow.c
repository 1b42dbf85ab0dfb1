// shows: whether a hard link can be made of what a link names
// sees: path_link inval
// file: a.txt one
// link: l -> a.txt
#include "wasi.h"

int main(void) {
    path_link(ROOT, FOLLOW, S("l"), ROOT, S("b.txt"));
}
