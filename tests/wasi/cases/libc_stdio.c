// shows: the C library's files: written, read back, renamed, removed
// sees: stdout second line
// dir: sub
#include "wasi.h"

int main(void) {
    FILE *file = fopen("/sub/a.txt", "w");
    fprintf(file, "first line\nsecond line\n");
    fclose(file);
    char line[64];
    file = fopen("/sub/a.txt", "r+");
    while (fgets(line, sizeof line, file))
        printf("%s", line);
    fseek(file, 6, SEEK_SET);
    fputs("LINE", file);
    fclose(file);
    printf("%d\n", rename("/sub/a.txt", "/b.txt"));
    printf("%d\n", remove("/sub"));
    fprintf(stderr, "to standard error\n");
    printf("%d\n", fopen("/missing", "r") == NULL);
}
