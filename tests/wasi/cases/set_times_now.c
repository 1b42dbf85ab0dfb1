// shows: the times of what a path names can be set to the clock
// sees: path_filestat_set_times success
// file: a.txt one
// file: b.txt one
#include "wasi.h"

int main(void) {
    path_filestat_set_times(ROOT, FOLLOW, S("a.txt"), 0, 0, MTIM_NOW);
    path_filestat_set_times(ROOT, FOLLOW, S("b.txt"), 0, 0, ATIM_NOW);
    filestat stat;
    path_filestat_get(ROOT, FOLLOW, S("b.txt"), &stat);
    say("atim later %d\n", stat.atim > stat.mtim);
}
