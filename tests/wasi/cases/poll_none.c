// shows: waiting for nothing is invalid
// sees: poll_oneoff inval
// unstable: yes
#include "wasi.h"

int main(void) {
    poll(NULL, 0);
}
