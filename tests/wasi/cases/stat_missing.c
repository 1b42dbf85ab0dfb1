// shows: what is not there has no attributes
// sees: path_filestat_get noent
// sees: path_filestat_get notdir
// file: a.txt one
#include "wasi.h"

int main(void) {
    stat_at(ROOT, FOLLOW, "missing");
    stat_at(ROOT, FOLLOW, "missing/b");
    stat_at(ROOT, FOLLOW, "a.txt/b");
    stat_at(ROOT, FOLLOW, "");
}
