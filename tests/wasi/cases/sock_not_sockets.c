// shows: files, directories and streams are no sockets
// sees: sock_recv notsock
// sees: sock_send notsock
// sees: sock_shutdown notsock
// sees: sock_accept notsock
// file: a.txt one
#include "wasi.h"

int main(void) {
    char bytes[4];
    iovec all = {(uint8_t *)bytes, 4};
    __wasi_size_t done;
    uint16_t flags;
    int32_t fd = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    int32_t others[] = {STDIN, STDOUT, ROOT, fd};
    for (int i = 0; i < 4; i++) {
        int32_t made;
        sock_recv(others[i], &all, 1, 0, &done, &flags);
        sock_send(others[i], &all, 1, 0, &done);
        sock_shutdown(others[i], 3);
        sock_accept(others[i], 0, &made);
    }
}
