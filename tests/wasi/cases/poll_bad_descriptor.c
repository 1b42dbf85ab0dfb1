// shows: what becomes of waiting for a descriptor that is not open
// sees: poll_oneoff badf
#include "wasi.h"

int main(void) {
    subscription in = on_fd(1, EVENT_READ, 1000);
    poll(&in, 1);
}
