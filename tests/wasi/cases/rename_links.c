// shows: a link is renamed itself, and replaced itself
// sees: path_rename success
// file: a.txt one
// file: b.txt two
// link: l -> a.txt
// link: m -> nowhere
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("l"), ROOT, S("moved"));
    path_rename(ROOT, S("b.txt"), ROOT, S("m"));
}
