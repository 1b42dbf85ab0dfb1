// shows: what becomes of waiting to read an output stream, or to write to the input
// sees: poll_oneoff badf
#include "wasi.h"

int main(void) {
    subscription in = on_fd(1, EVENT_READ, STDOUT);
    poll(&in, 1);
    in = on_fd(2, EVENT_WRITE, STDIN);
    poll(&in, 1);
}
