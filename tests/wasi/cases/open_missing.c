// shows: what is not there is not opened
// sees: path_open noent
// unstable: yes
#include "wasi.h"

int main(void) {
    open_at(ROOT, "missing", 0, R_READ, 0);
    open_at(ROOT, "missing/a", CREAT, R_WRITE, 0);
    open_at(ROOT, "", 0, R_READ, 0);
}
