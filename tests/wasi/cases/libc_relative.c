// shows: the C library finds what was granted under names of its own, absolute and relative
// sees: stdout in two
// file: one/a.txt in one
// file: two/b.txt in two
// grant: one .
// grant: two /data/two
#include "wasi.h"

static void show_file(const char *path) {
    char line[32] = "";
    FILE *file = fopen(path, "r");
    printf("%s: %s\n", path, file && fgets(line, sizeof line, file) ? line : "not there");
}

int main(void) {
    show_file("a.txt");
    show_file("./a.txt");
    show_file("/data/two/b.txt");
    show_file("/data/two/../two/b.txt");
    show_file("/b.txt");
    show_file("data/two/b.txt");
}
