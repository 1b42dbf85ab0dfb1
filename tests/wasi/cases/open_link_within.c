// shows: links that stay within the granted directory are followed, up and down
// sees: path_open success
// file: a.txt one
// file: sub/b.txt two
// link: sub/up -> ../a.txt
// link: d -> sub
// link: chain -> d/up
#include "wasi.h"

int main(void) {
    get(open_at(ROOT, "sub/up", 0, R_READ, 0), 5);
    get(open_at(ROOT, "d/b.txt", 0, R_READ, 0), 5);
    get(open_at(ROOT, "chain", 0, R_READ, 0), 5);
}
