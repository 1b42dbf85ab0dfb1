// shows: two granted directories are apart from each other
// sees: path_open success
// sees: path_open noent
// sees: path_open perm
// dir: one
// file: one/a.txt in one
// file: two/b.txt in two
// grant: one /one
// grant: two /two
#include "wasi.h"

int main(void) {
    get(open_at(ROOT, "a.txt", 0, R_READ, 0), 20);
    get(open_at(ROOT + 1, "b.txt", 0, R_READ, 0), 20);
    open_at(ROOT, "b.txt", 0, R_READ, 0);
    open_at(ROOT, "../two/b.txt", 0, R_READ, 0);
}
