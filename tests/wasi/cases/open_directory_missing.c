// shows: no directory is made by opening
// sees: path_open noent
#include "wasi.h"

int main(void) {
    open_at(ROOT, "missing", DIRECTORY, R_DIR, 0);
}
