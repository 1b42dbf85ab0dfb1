// shows: a slash at the end is not for files
// sees: path_link notdir
// sees: path_link noent
// file: a.txt one
#include "wasi.h"

int main(void) {
    path_link(ROOT, 0, S("a.txt/"), ROOT, S("b.txt"));
    path_link(ROOT, 0, S("a.txt"), ROOT, S("b.txt/"));
}
