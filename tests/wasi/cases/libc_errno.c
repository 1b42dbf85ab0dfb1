// shows: the C library's errno for what the calls below it give
// sees: stdout No such file
// file: a.txt one
#include "wasi.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void try(const char *what, int result) { printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done"); }

int main(void) {
    struct stat stat_of;
    try("open", open("/missing", O_RDONLY));
    try("open", open("/a.txt/b", O_RDONLY));
    try("open", open("/a.txt", O_RDONLY | O_DIRECTORY));
    try("open", open("/a.txt", O_RDWR | O_CREAT | O_EXCL, 0644));
    try("mkdir", mkdir("/a.txt", 0755));
    try("rmdir", rmdir("/a.txt"));
    try("unlink", unlink("/missing"));
    try("read", (int)read(99, &stat_of, 1));
    try("stat", stat("/a.txt", &stat_of));
    printf("%d %lld\n", S_ISREG(stat_of.st_mode), (long long)stat_of.st_size);
    try("isatty", isatty(0) - 1);
}
