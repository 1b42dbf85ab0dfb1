// shows: a hard link is another name of the same file
// sees: path_link success
// file: a.txt one
// unstable: yes
#include "wasi.h"

int main(void) {
    path_link(ROOT, 0, S("a.txt"), ROOT, S("b.txt"));
    stat_at(ROOT, FOLLOW, "b.txt");
    put(open_at(ROOT, "b.txt", 0, R_WRITE, 0), "two");
    get(open_at(ROOT, "a.txt", 0, R_READ, 0), 5);
}
