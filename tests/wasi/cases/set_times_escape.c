// shows: no time is set outside of the granted directory
// sees: path_filestat_set_times perm
// file: ../beside.txt one
// link: l -> ../beside.txt
#include "wasi.h"

int main(void) {
    path_filestat_set_times(ROOT, FOLLOW, S("../beside.txt"), 5, 5, MTIM);
    path_filestat_set_times(ROOT, FOLLOW, S("l"), 5, 5, MTIM);
}
