// shows: a buffer too short for a link gets its beginning
// sees: path_readlink success
// link: l -> abcdefghij
#include "wasi.h"

int main(void) {
    char text[8] = "-------";
    __wasi_size_t size = 0;
    path_readlink(ROOT, S("l"), text, 4, &size);
    say("%u `%.7s`\n", (unsigned)size, text);
}
