// shows: a buffer for one entry at a time gives every entry once
// sees: fd_readdir success
// sees: stdout a-file-with-a-name
// file: a-file-with-a-name one
// file: b two
// file: c three
// file: d four
// dir: e
// unstable: yes
#include "wasi.h"

int main(void) {
    /* The longest entry has 24 bytes and a name of 18. */
    list(ROOT, 24 + 18);
}
