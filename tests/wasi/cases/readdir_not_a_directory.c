// shows: files and streams list no entries
// sees: fd_readdir badf
// file: a.txt one
#include "wasi.h"

int main(void) {
    uint8_t buffer[64];
    __wasi_size_t used;
    fd_readdir(open_at(ROOT, "a.txt", 0, R_READ, 0), buffer, 64, 0, &used);
    fd_readdir(STDIN, buffer, 64, 0, &used);
    fd_readdir(STDOUT, buffer, 64, 0, &used);
}
