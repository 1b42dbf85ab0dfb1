// shows: numbers of subscriptions need not differ
// sees: poll_oneoff success
#include "wasi.h"

int main(void) {
    subscription in[] = {on_fd(9, EVENT_WRITE, STDOUT), on_fd(9, EVENT_WRITE, STDERR)};
    poll(in, 2);
}
