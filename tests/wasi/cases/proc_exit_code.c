// shows: the exit code is what proc_exit was given
// sees: end exit 42
// sees: proc_exit ends
// unstable: yes
#include "wasi.h"

int main(void) {
    proc_exit(42);
}
