// shows: the C library's reading and writing at offsets
// sees: stdout 5
// file: a.txt 0123456789
#include "wasi.h"
#include <fcntl.h>
#include <unistd.h>

int main(void) {
    char text[8] = {0};
    int fd = open("/a.txt", O_RDWR);
    printf("%lld\n", (long long)lseek(fd, 5, SEEK_SET));
    printf("%d %.3s\n", (int)read(fd, text, 3), text);
    printf("%lld\n", (long long)lseek(fd, -2, SEEK_END));
    printf("%d\n", (int)write(fd, "XYZ", 3));
    printf("%d %.4s\n", (int)pread(fd, text, 4, 1), text);
    printf("%d\n", ftruncate(fd, 4));
    printf("%lld\n", (long long)lseek(fd, 0, SEEK_CUR));
    close(fd);
}
