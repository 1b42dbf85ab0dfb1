// shows: what becomes of an exit code beyond a byte
// sees: end trap
#include "wasi.h"

int main(void) {
    proc_exit(256);
}
