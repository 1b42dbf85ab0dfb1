// shows: the text of a link that is longer than the host takes
// sees: path_symlink nametoolong
#include "wasi.h"

int main(void) {
    static char text[5000];
    memset(text, 'a', sizeof text);
    path_symlink(text, sizeof text, ROOT, S("l"));
}
