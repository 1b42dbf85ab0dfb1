// shows: fd_filestat_get says kind, size and links of a file, and the same file as by path
// sees: fd_filestat_get success
// sees: path_filestat_get success
// file: a.txt hello
// hard: b.txt = a.txt
// unstable: yes
#include "wasi.h"

int main(void) {
    int32_t fd = open_at(ROOT, "a.txt", 0, R_READ, 0);
    stat_fd(fd);
    filestat one, two, root;
    fd_filestat_get(fd, &one);
    path_filestat_get(ROOT, FOLLOW, S("b.txt"), &two);
    fd_filestat_get(ROOT, &root);
    say("same device %d, same file %d, file set %d\n", one.dev == two.dev, one.ino == two.ino, one.ino != 0);
    say("directory on the device %d, another file %d\n", one.dev == root.dev, one.ino != root.ino);
}
