// shows: the two clocks that must be there have a resolution that is not 0
// sees: clock_res_get success
// unstable: yes
#include "wasi.h"

int main(void) {
    for (int clock = 0; clock < 2; clock++) {
        uint64_t resolution = 0;
        clock_res_get(clock, &resolution);
        say("%d: %d\n", clock, resolution > 0);
    }
}
