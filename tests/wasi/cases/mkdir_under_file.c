// shows: nothing lies below a file
// sees: path_create_directory notdir
// file: a.txt one
#include "wasi.h"

int main(void) {
    path_create_directory(ROOT, S("a.txt/two"));
}
