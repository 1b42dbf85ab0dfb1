// shows: a descriptor that is not open is no socket either
// sees: sock_recv badf
// sees: sock_send badf
// sees: sock_shutdown badf
// sees: sock_accept badf
#include "wasi.h"

int main(void) {
    char bytes[4];
    iovec all = {(uint8_t *)bytes, 4};
    __wasi_size_t done;
    uint16_t flags;
    int32_t made;
    sock_recv(1000, &all, 1, 0, &done, &flags);
    sock_send(1000, &all, 1, 0, &done);
    sock_shutdown(1000, 1);
    sock_accept(1000, 0, &made);
}
