// shows: fd_pread reads at an offset, several times the same, and nothing beyond the end
// sees: fd_pread success
// file: a.txt 0123456789
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    char bytes[4];
    iovec all = {(uint8_t *)bytes, 4};
    __wasi_size_t done = 0;
    static const uint64_t offsets[] = {3, 3, 8, 10, 1000};
    for (int i = 0; i < 5; i++) {
        fd_pread(fd, &all, 1, (int64_t)offsets[i], &done);
        say("  %u bytes `%.*s`\n", (unsigned)done, (int)done, bytes);
    }
}
