// shows: a link that names nothing is there, and what it names is not
// sees: path_filestat_get noent
// sees: path_filestat_get success
// link: l -> nowhere
#include "wasi.h"

int main(void) {
    stat_at(ROOT, FOLLOW, "l");
    stat_at(ROOT, NOFOLLOW, "l");
}
