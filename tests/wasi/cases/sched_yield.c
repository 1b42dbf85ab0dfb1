// shows: giving the processor away succeeds, as often as it is done
// sees: sched_yield success
// unstable: yes
#include "wasi.h"

int main(void) {
    for (int i = 0; i < 3; i++)
        sched_yield();
}
