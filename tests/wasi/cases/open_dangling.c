// shows: a link that names nothing opens nothing, and with creat makes what it names
// sees: path_open noent
// link: l -> nowhere
#include "wasi.h"

int main(void) {
    open_at(ROOT, "l", 0, R_READ, 0);
    open_at(ROOT, "l", CREAT, R_WRITE, 0);
}
