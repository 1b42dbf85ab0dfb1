// shows: a time of a path cannot be set to a value and to the clock at once
// sees: path_filestat_set_times inval
// file: a.txt one
#include "wasi.h"

int main(void) {
    path_filestat_set_times(ROOT, FOLLOW, S("a.txt"), 5, 5, MTIM | MTIM_NOW);
    path_filestat_set_times(ROOT, FOLLOW, S("a.txt"), 5, 5, ATIM | ATIM_NOW);
}
