// shows: what a link holds is read as it was written, whether it names anything or not
// sees: path_readlink success
// link: l -> some/where
// link: abs -> /absolute
// link: up -> ../../..
// unstable: yes
#include "wasi.h"

int main(void) {
    link_at(ROOT, "l");
    link_at(ROOT, "up");
    link_at(ROOT, "abs");
}
