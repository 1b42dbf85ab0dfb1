// shows: a wait of no time is over at once
// sees: poll_oneoff success
#include "wasi.h"

int main(void) {
    subscription in = on_clock(7, 1, 0, 0);
    poll(&in, 1);
}
