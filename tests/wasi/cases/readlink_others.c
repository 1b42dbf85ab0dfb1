// shows: a file, a directory and what is not there are no links
// sees: path_readlink inval
// sees: path_readlink noent
// file: a.txt one
// dir: sub
#include "wasi.h"

int main(void) {
    link_at(ROOT, "a.txt");
    link_at(ROOT, "sub");
    link_at(ROOT, ".");
    link_at(ROOT, "missing");
    link_at(ROOT, "a.txt/b");
}
