// shows: the older module's functions of sockets know no file as a socket either
// sees: sock_recv notsock
// sees: sock_send notsock
// sees: sock_shutdown notsock
// unstable: yes
#include "wasi.h"

int main(void) {
    char bytes[4];
    iovec all = {(uint8_t *)bytes, 4};
    __wasi_size_t done;
    uint16_t flags;
    sock_recv(STDIN, &all, 1, 0, &done, &flags);
    sock_send(STDOUT, &all, 1, 0, &done);
    sock_shutdown(STDOUT, 1);
}
