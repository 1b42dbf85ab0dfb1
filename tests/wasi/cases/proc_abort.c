// shows: abort of the C library ends in a trap
// sees: end trap
#include "wasi.h"
#include <stdlib.h>

int main(void) {
    say("before\n");
    abort();
}
