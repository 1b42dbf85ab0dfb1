// shows: of two clocks, the one that is due first ends the wait
// sees: poll_oneoff success
#include "wasi.h"

int main(void) {
    subscription in[] = {on_clock(1, 1, 3600000000000, 0), on_clock(2, 1, 1000000, 0)};
    poll(in, 2);
}
