// shows: the times of a file are the host's, in nanoseconds since 1970
// sees: fd_filestat_get success
// sees: stdout 1000000000000000000
// file: a.txt hello
#include "wasi.h"

int main(void) {
    filestat stat;
    fd_filestat_get(open_at(ROOT, "a.txt", 0, R_READ, 0), &stat);
    say("mtim %llu, atim %llu, ctim later %d\n", (unsigned long long)stat.mtim, (unsigned long long)stat.atim,
        stat.ctim > stat.mtim);
}
