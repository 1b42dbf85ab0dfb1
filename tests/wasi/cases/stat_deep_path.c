// shows: a path of many steps is resolved one by one, and is too long where the host could not take it at once
// sees: path_filestat_get success
// sees: path_filestat_get nametoolong
// dir: d
#include "wasi.h"

int main(void) {
    static char path[9000];
    size_t size = 0;
    filestat stat;
    for (int i = 0; i < 1700; i++, size += 5) {
        memcpy(path + size, "d/../", 5);
        if (i == 10)
            path_filestat_get(ROOT, FOLLOW, path, (int32_t)size + 5, &stat);
    }
    path[size++] = 'd';
    path_filestat_get(ROOT, FOLLOW, path, (int32_t)size, &stat);
}
