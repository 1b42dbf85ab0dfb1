// shows: the output streams can be written to
// sees: poll_oneoff success
#include "wasi.h"

int main(void) {
    subscription in[] = {on_fd(1, EVENT_WRITE, STDOUT), on_fd(2, EVENT_WRITE, STDERR)};
    poll(in, 2);
}
