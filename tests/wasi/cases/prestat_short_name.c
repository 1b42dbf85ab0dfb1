// shows: a buffer that is too short for the name of a granted directory
// sees: fd_prestat_dir_name nametoolong
// grant: . /a/long/name
#include "wasi.h"

int main(void) {
    char name[64] = "untouched";
    fd_prestat_dir_name(ROOT, name, 3);
    say("`%s`\n", name);
    fd_prestat_dir_name(ROOT, name, 0);
}
