// shows: a file, and a link to a directory, are not directories to remove
// sees: path_remove_directory notdir
// file: a.txt one
// dir: sub
// link: l -> sub
#include "wasi.h"

int main(void) {
    path_remove_directory(ROOT, S("a.txt"));
    path_remove_directory(ROOT, S("l"));
}
