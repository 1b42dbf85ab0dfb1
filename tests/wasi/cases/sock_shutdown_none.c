// shows: what becomes of a shutdown of neither side
// sees: sock_shutdown notsock
#include "wasi.h"

int main(void) {
    sock_shutdown(STDOUT, 0);
    sock_shutdown(STDOUT, 1);
    sock_shutdown(STDOUT, 2);
}
