// shows: the serial numbers of entries are those of the files
// sees: fd_readdir success
// file: a one
// dir: d
#include "wasi.h"

static void compare(const dirent *entry, const char *name, void *data) {
    (void)data;
    filestat stat;
    if (raw_path_filestat_get(ROOT, 0, (void *)name, (int32_t)entry->d_namlen, &stat) == E_SUCCESS && name[0] != '.')
        say("%s\n", stat.ino == entry->d_ino ? "same" : "another");
}

int main(void) { report("fd_readdir", each_entry(ROOT, 4096, 0, compare, NULL)); }
