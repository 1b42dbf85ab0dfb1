// shows: several slashes and dots between names are as one
// sees: path_filestat_get success
// file: sub/a.txt one
#include "wasi.h"

int main(void) {
    stat_at(ROOT, FOLLOW, "sub//a.txt");
    stat_at(ROOT, FOLLOW, "./sub/./a.txt");
    stat_at(ROOT, FOLLOW, "sub/../sub/a.txt");
    stat_at(ROOT, FOLLOW, "sub/.//.././/sub/a.txt");
}
