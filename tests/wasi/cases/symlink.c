// shows: a link is made, to what is there and to what is not
// sees: path_symlink success
// file: a.txt one
// unstable: yes
#include "wasi.h"

int main(void) {
    path_symlink(S("a.txt"), ROOT, S("l"));
    path_symlink(S("nowhere"), ROOT, S("dangling"));
    link_at(ROOT, "dangling");
    get(open_at(ROOT, "l", 0, R_READ, 0), 9);
}
