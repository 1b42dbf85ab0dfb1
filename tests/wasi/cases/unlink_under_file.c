// shows: below a file there is nothing to unlink
// sees: path_unlink_file notdir
// file: a.txt one
#include "wasi.h"

int main(void) {
    path_unlink_file(ROOT, S("a.txt/b"));
}
