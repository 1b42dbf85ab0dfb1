// shows: a directory has no offset that fd_seek could move
// sees: fd_seek badf
#include "wasi.h"

int main(void) {
    seek(ROOT, 0, SEEK_FROM_SET);
    tell(ROOT);
}
