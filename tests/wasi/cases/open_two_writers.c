// shows: what one descriptor writes, another of the same file reads
// sees: fd_read success
// file: a.txt aaaaaa
#include "wasi.h"

int main(void) {
    int32_t one = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    int32_t two = open_at(ROOT, "a.txt", 0, R_RDWR, 0);
    put(one, "bbb");
    get(two, 6);
    put(two, "c");
    get(one, 6);
}
