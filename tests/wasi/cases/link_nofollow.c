// shows: a hard link to a symbolic link is another name of the link
// sees: path_link success
// link: l -> nowhere
#include "wasi.h"

int main(void) {
    path_link(ROOT, 0, S("l"), ROOT, S("m"));
    link_at(ROOT, "m");
}
