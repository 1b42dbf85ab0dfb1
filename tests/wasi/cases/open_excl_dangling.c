// shows: creat and excl do not make what a dangling link names, even where links are followed
// sees: path_open exist
// link: l -> nowhere
#include "wasi.h"

int main(void) {
    open_at(ROOT, "l", CREAT | EXCL, R_WRITE, 0);
}
