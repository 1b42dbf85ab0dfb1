// shows: standard input with something in it can be read
// sees: poll_oneoff success
// stdin: text
#include "wasi.h"

int main(void) {
    subscription in = on_fd(1, EVENT_READ, STDIN);
    poll(&in, 1);
    get(STDIN, 10);
}
