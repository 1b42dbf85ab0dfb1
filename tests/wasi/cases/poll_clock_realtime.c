// shows: the clock of real time can be waited on, too
// sees: poll_oneoff success
#include "wasi.h"

int main(void) {
    subscription in = on_clock(7, 0, 1000000, 0);
    poll(&in, 1);
}
