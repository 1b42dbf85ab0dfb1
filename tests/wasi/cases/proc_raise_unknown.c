// shows: a signal that the specification does not know ends the program
// sees: end trap
#include "wasi.h"

int main(void) {
    proc_raise(31);
}
