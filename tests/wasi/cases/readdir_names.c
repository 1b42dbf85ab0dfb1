// shows: a directory lists its entries with their kinds, and itself and the one above
// sees: fd_readdir success
// sees: stdout sub directory
// file: a.txt one
// file: b.txt two
// dir: sub
// link: l -> a.txt
// unstable: yes
#include "wasi.h"

int main(void) {
    list(ROOT, 4096);
}
