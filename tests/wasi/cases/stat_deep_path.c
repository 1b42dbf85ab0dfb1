// shows: a path beyond what the host takes, of short names
// sees: path_filestat_get success
// dir: d
#include "wasi.h"

int main(void) {
    static char path[9000];
    /* d/../d/../d ...: resolved step by step, it stays within the granted directory. */
    size_t size = 0;
    for (int i = 0; i < 40; i++, size += 5)
        memcpy(path + size, "d/../", 5);
    path[size++] = 'd';
    filestat stat;
    path_filestat_get(ROOT, FOLLOW, path, (int32_t)size, &stat);
}
