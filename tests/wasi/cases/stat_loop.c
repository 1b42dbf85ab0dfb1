// shows: links that go round are too many, except for the link itself
// sees: path_filestat_get loop
// link: a -> b
// link: b -> a
// link: self -> self
#include "wasi.h"

int main(void) {
    stat_at(ROOT, FOLLOW, "a");
    stat_at(ROOT, FOLLOW, "self");
    stat_at(ROOT, FOLLOW, "self/x");
    stat_at(ROOT, NOFOLLOW, "self");
}
