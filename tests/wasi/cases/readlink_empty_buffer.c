// shows: what becomes of a link that is read into no bytes
// sees: path_readlink success
// link: l -> abcdefghij
#include "wasi.h"

int main(void) {
    char text[8] = "-------";
    __wasi_size_t size = 9;
    path_readlink(ROOT, S("l"), text, 0, &size);
    say("%u `%.7s`\n", (unsigned)size, text);
}
