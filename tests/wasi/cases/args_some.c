// shows: arguments come in order, spaces, emptiness and what is not ASCII untouched
// sees: args_get success
// sees: stdout three words
// arg: one
// arg: three words here
// arg: 
// arg: \xc3\xa9
// arg: --flag=x
// unstable: yes
#include "wasi.h"

int main(void) {
    __wasi_size_t count = 0, size = 0;
    args_sizes_get(&count, &size);
    uint8_t *argv[8], bytes[512];
    args_get(argv, bytes);
    for (__wasi_size_t i = 1; i < count; i++)
        say("%u `%s`\n", (unsigned)i, (char *)argv[i]);
    /* One after the other, each with its zero. */
    size_t sum = 0;
    bool together = argv[0] == bytes;
    for (__wasi_size_t i = 0; i < count; i++) {
        together = together && argv[i] == bytes + sum;
        sum += strlen((char *)argv[i]) + 1;
    }
    say("together %d, size %d\n", together, sum == size);
}
