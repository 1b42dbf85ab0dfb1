// shows: a directory cannot be made where a file or a link is
// sees: path_create_directory exist
// file: a.txt one
// link: l -> nowhere
#include "wasi.h"

int main(void) {
    path_create_directory(ROOT, S("a.txt"));
    path_create_directory(ROOT, S("l"));
}
