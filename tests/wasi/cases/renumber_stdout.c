// shows: standard output can be renumbered to a file
// sees: fd_renumber success
#include "wasi.h"

int main(void) {
    say_to = STDERR;
    int32_t fd = open_at(ROOT, "out.txt", CREAT, R_WRITE, 0);
    fd_renumber(fd, STDOUT);
    put(STDOUT, "into the file\n");
    put(fd, "closed\n");
}
