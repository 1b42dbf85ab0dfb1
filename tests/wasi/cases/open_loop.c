// shows: links that go round are too many
// sees: path_open loop
// link: a -> b
// link: b -> a
// link: self -> self
#include "wasi.h"

int main(void) {
    open_at(ROOT, "a", 0, R_READ, 0);
    open_at(ROOT, "a/x", 0, R_READ, 0);
    open_at(ROOT, "self", CREAT, R_WRITE, 0);
}
