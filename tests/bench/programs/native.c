// The native twin's entry: prints run(n) for each n given.
#include <stdio.h>
#include <stdlib.h>

unsigned run(int n);

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) printf("%u\n", run(atoi(argv[i])));
    return 0;
}
