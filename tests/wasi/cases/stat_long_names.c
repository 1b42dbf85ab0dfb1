// shows: a name beyond what the file system takes is too long
// sees: path_filestat_get nametoolong
#include "wasi.h"

int main(void) {
    char name[5000];
    memset(name, 'a', sizeof name);
    filestat stat;
    path_filestat_get(ROOT, FOLLOW, name, 255, &stat);
    path_filestat_get(ROOT, FOLLOW, name, 256, &stat);
    path_filestat_get(ROOT, FOLLOW, name, 5000, &stat);
}
