// shows: reads fill several buffers in order, empty ones among them
// sees: fd_read success
// file: a.txt abcdefghij
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    char one[3], two[1], three[20];
    iovec all[] = {{(uint8_t *)one, 3}, {(uint8_t *)two, 0}, {(uint8_t *)three, 20}};
    int error;
    size_t done = read_all(fd, V(all), &error);
    report("fd_read", error);
    say("%u: `%.3s` `%.*s`\n", (unsigned)done, one, (int)done - 3, three);
}
