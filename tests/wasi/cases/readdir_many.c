// shows: a directory with many entries is listed whole, each entry once
// sees: fd_readdir success
// sees: stdout 202
#include "wasi.h"

static void mark(const dirent *entry, const char *name, void *data) {
    unsigned *seen = data;
    unsigned n = 0;
    seen[200]++;
    if (entry->d_namlen == 4 && name[0] == 'f')
        for (int i = 1; i < 4; i++)
            n = n * 10 + (unsigned)(name[i] - '0');
    else
        return;
    seen[n]++;
}

int main(void) {
    static unsigned seen[201];
    for (int i = 0; i < 200; i++) {
        char name[8];
        int32_t fd;
        snprintf(name, sizeof name, "f%03d", i);
        raw_path_open(ROOT, 0, name, 4, CREAT, R_WRITE, 0, 0, &fd);
        raw_fd_close(fd);
    }
    report("fd_readdir", each_entry(ROOT, 300, 0, mark, seen));
    unsigned once = 0;
    for (int i = 0; i < 200; i++)
        once += seen[i] == 1;
    say("%u entries, %u files once\n", seen[200], once);
}
