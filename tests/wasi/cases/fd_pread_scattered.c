// shows: fd_pread fills several buffers in order
// sees: fd_pread success
// file: a.txt 0123456789
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    char one[2], two[30];
    iovec all[] = {{(uint8_t *)one, 2}, {(uint8_t *)two, 30}};
    /* An implementation may give less than was asked for, so the rest is read at its own offset. */
    __wasi_size_t done = 0, more = 0;
    fd_pread(fd, V(all), 1, &done);
    iovec rest = {(uint8_t *)two + (done - 2), 30 - (done - 2)};
    fd_pread(fd, &rest, 1, 1 + done, &more);
    say("`%.2s` `%.*s`\n", one, (int)(done - 2 + more), two);
}
