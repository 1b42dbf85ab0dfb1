// shows: what becomes of a file that is opened to be cut and read alone
// sees: fd_read success
// file: a.txt content
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", TRUNC, R_READ, 0);
    get(fd, 10);
}
