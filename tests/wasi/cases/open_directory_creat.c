// shows: to make a directory by opening it is asking for two things at once
// sees: path_open inval
// dir: sub
#include "wasi.h"

int main(void) {
    open_at(ROOT, "new", DIRECTORY | CREAT, R_DIR, 0);
    open_at(ROOT, "sub", DIRECTORY | CREAT, R_DIR, 0);
}
