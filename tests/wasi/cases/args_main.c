// shows: the C library hands the arguments to main
// sees: stdout 3: b
// arg: a
// arg: b
#include "wasi.h"

int main(int argc, char **argv) {
    say("%d: %s\n", argc, argv[argc - 1]);
    say("ends with NULL: %d\n", argv[argc] == NULL);
}
