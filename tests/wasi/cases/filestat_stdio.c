// shows: what the standard streams are, seen as files
// sees: fd_filestat_get success
#include "wasi.h"

int main(void) {
    for (int fd = STDIN; fd <= STDERR; fd++) {
        filestat stat;
        fd_filestat_get(fd, &stat);
        say("  size %llu, links %llu, times %d\n", (unsigned long long)stat.size, (unsigned long long)stat.nlink,
            stat.mtim != 0);
    }
}
