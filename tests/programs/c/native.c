// The native twin's host: plays the imports and drives the exports in the order of its arguments.
//
//   NAME.native (run N | eval FILE)...      after each call, prints "= RESULT" on a line of its own
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env.h"

void host_print(const char *text, uint32_t length) {
    fwrite(text, 1, length, stdout);
}

_Noreturn void host_fail(const char *text, uint32_t length) {
    printf("! %.*s\n", (int)length, text);
    exit(1);
}

static uint32_t load(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    fseek(file, 0, SEEK_END);
    uint32_t length = (uint32_t)ftell(file);
    rewind(file);
    if (fread(buffer(length), 1, length, file) != length) exit(2);
    fclose(file);
    return length;
}

int main(int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        int32_t result = strcmp(argv[i], "eval") == 0 ? eval(load(argv[i + 1])) : run(atoi(argv[i + 1]));
        printf("= %d\n", (int)result);
    }
    return 0;
}
