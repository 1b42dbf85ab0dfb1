// shows: 125 is an exit code like others
// sees: end exit 125
#include "wasi.h"

int main(void) {
    proc_exit(125);
}
