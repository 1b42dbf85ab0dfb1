// shows: variables come in order as NAME=VALUE, with empty values and values that hold an equals sign
// sees: environ_get success
// sees: stdout A=1
// env: A=1
// env: EMPTY=
// env: EQUALS=a=b=c
// env: ZULU=last word
// unstable: yes
#include "wasi.h"

int main(void) {
    __wasi_size_t count = 0, size = 0;
    environ_sizes_get(&count, &size);
    say("%u, %u\n", (unsigned)count, (unsigned)size);
    uint8_t *list[8], bytes[256];
    environ_get(list, bytes);
    for (__wasi_size_t i = 0; i < count; i++)
        say("`%s`\n", (char *)list[i]);
}
