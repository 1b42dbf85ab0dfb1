// shows: what becomes of a wait on a clock of processor time
// sees: poll_oneoff inval
#include "wasi.h"

int main(void) {
    subscription in = on_clock(1, 2, 1, 0);
    poll(&in, 1);
}
