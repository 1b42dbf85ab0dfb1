// shows: standard input at its end can be read, and so ends the wait
// sees: poll_oneoff success
#include "wasi.h"

int main(void) {
    subscription in = on_fd(1, EVENT_READ, STDIN);
    poll(&in, 1);
    get(STDIN, 10);
}
