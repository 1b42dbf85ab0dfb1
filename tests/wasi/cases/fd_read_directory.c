// shows: a directory is not read with fd_read
// sees: fd_read badf
#include "wasi.h"

int main(void) {
    get(ROOT, 3);
}
