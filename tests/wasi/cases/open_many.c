// shows: a hundred files can be open at once, each with an offset of its own
// sees: path_open success
// file: a.txt 0123456789
#include "wasi.h"

int main(void) {
    static int32_t fds[100];
    bool apart = true;
    for (int i = 0; i < 100; i++) {
        uint64_t at;
        raw_path_open(ROOT, 0, S("a.txt"), 0, R_READ, 0, 0, &fds[i]);
        raw_fd_seek(fds[i], i % 10, SEEK_FROM_SET, &at);
    }
    for (int i = 0; i < 100; i++) {
        char byte = 0;
        iovec all = {(uint8_t *)&byte, 1};
        __wasi_size_t done;
        raw_fd_read(fds[i], &all, 1, &done);
        apart = apart && byte == '0' + i % 10;
    }
    say("apart %d\n", apart);
    open_at(ROOT, "a.txt", 0, R_READ, 0);
}
