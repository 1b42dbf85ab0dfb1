// shows: what becomes of an exit code of 126
// sees: end trap
#include "wasi.h"

int main(void) {
    proc_exit(126);
}
