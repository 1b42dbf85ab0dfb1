// shows: a directory that was granted and one that was opened say what they are
// sees: fd_fdstat_get success
// dir: sub
#include "wasi.h"

int main(void) {
    show_fdstat(ROOT);
    show_fdstat(open_at(ROOT, "sub", DIRECTORY, R_DIR, 0));
}
