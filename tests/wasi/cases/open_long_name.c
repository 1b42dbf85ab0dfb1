// shows: the longest name that a file system takes, and one that is longer
// sees: path_open success
// sees: path_open nametoolong
#include "wasi.h"

int main(void) {
    char name[257];
    memset(name, 'n', sizeof name);
    int32_t fd;
    path_open(ROOT, 0, name, 255, CREAT, R_WRITE, 0, 0, &fd);
    path_open(ROOT, 0, name, 256, CREAT, R_WRITE, 0, 0, &fd);
}
