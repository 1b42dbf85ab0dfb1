// shows: a file that is made to be read alone is empty
// sees: path_open success
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "new.txt", CREAT, R_READ, 0);
    get(fd, 10);
}
