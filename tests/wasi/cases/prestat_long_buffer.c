// shows: a buffer that is longer than the name of a granted directory is filled as far as the name goes
// sees: fd_prestat_dir_name success
// grant: . /name
#include "wasi.h"

int main(void) {
    char name[12] = "abcdefghijk";
    fd_prestat_dir_name(ROOT, name, 10);
    say("`%s`\n", name);
}
