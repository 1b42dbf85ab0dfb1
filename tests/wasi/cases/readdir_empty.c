// shows: an empty directory has the two entries that every directory has
// sees: fd_readdir success
// dir: sub
#include "wasi.h"

int main(void) {
    list(open_at(ROOT, "sub", DIRECTORY, R_DIR, 0), 4096);
}
