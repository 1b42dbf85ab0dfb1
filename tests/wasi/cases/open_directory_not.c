// shows: a file is not opened where a directory is asked for
// sees: path_open notdir
// file: a.txt one
// link: l -> a.txt
// unstable: yes
#include "wasi.h"

int main(void) {
    open_at(ROOT, "a.txt", DIRECTORY, R_READ, 0);
    open_at(ROOT, "l", DIRECTORY, R_READ, 0);
}
