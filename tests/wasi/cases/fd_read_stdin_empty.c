// shows: standard input that was not granted is at its end
// sees: fd_read success
// sees: stdout 0 bytes
#include "wasi.h"

int main(void) {
    get(STDIN, 8);
}
