// shows: what becomes of waiting for a directory
// sees: poll_oneoff badf
#include "wasi.h"

int main(void) {
    subscription in = on_fd(1, EVENT_READ, ROOT);
    poll(&in, 1);
}
