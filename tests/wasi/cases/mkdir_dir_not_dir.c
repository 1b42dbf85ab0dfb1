// shows: a file is no place to make a directory in, nor is a stream
// sees: path_create_directory badf
// file: a.txt one
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    path_create_directory(fd, S("one"));
    path_create_directory(STDIN, S("one"));
}
