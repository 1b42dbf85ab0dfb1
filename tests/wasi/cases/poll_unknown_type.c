// shows: what becomes of a kind of event that the specification does not know
// sees: poll_oneoff inval
#include "wasi.h"

int main(void) {
    say("before\n");
    subscription in = on_fd(1, 3, STDIN);
    poll(&in, 1);
}
