// shows: random bytes fill the buffer, differ from call to call, and stay within it
// sees: random_get success
// unstable: yes
#include "wasi.h"

int main(void) {
    uint8_t one[34] = {0}, two[34] = {0};
    random_get(one + 1, 32);
    random_get(two + 1, 32);
    say("differ %d, border %d\n", memcmp(one + 1, two + 1, 32) != 0, one[0] == 0 && one[33] == 0);
    random_get(one, 0);
}
