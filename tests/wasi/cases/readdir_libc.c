// shows: the C library's readdir finds what is there
// sees: stdout 3
// file: a.txt one
// file: b.txt two
// dir: c
#include "wasi.h"
#include <dirent.h>

int main(void) {
    DIR *dir = opendir("/");
    int count = 0;
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        count += entry->d_name[0] != '.';
    say("%d\n", count);
    if (dir)
        closedir(dir);
}
