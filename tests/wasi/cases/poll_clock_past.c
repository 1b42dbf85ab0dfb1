// shows: a time that is over does not wait
// sees: poll_oneoff success
#include "wasi.h"

int main(void) {
    subscription in[] = {on_clock(1, 1, 1, ABSTIME), on_clock(2, 0, 1, ABSTIME)};
    poll(in, 2);
}
