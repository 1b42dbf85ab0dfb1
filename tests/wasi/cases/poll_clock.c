// shows: waiting for a short time on a clock gives one event, with the number that was given
// sees: poll_oneoff success
// unstable: yes
#include "wasi.h"

int main(void) {
    subscription in = on_clock(0x1234, 1, 1000000, 0);
    poll(&in, 1);
}
