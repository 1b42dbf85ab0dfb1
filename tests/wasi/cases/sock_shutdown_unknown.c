// shows: a side of a socket that the specification does not know ends the program
// sees: end trap
#include "wasi.h"

int main(void) {
    sock_shutdown(STDOUT, 4);
}
