// shows: what the clocks of processor time give
// sees: clock_res_get badf
// sees: clock_time_get badf
#include "wasi.h"

int main(void) {
    uint64_t time = 0;
    clock_res_get(2, &time);
    clock_res_get(3, &time);
    clock_time_get(2, 0, &time);
    clock_time_get(3, 0, &time);
}
