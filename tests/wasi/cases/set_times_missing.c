// shows: what is not there has no times to set
// sees: path_filestat_set_times noent
// link: l -> nowhere
#include "wasi.h"

int main(void) {
    path_filestat_set_times(ROOT, FOLLOW, S("missing"), 5, 5, MTIM);
    path_filestat_set_times(ROOT, FOLLOW, S("l"), 5, 5, MTIM);
}
