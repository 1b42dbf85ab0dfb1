// shows: a file that was there under the new name is replaced
// sees: path_rename success
// file: a.txt one
// file: b.txt two
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("a.txt"), ROOT, S("b.txt"));
}
