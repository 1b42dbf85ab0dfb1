// shows: proc_exit ends the program from within nested calls, and no function is left normally
// sees: end exit 9
#include "wasi.h"
#include <stdlib.h>

static void at_exit(void) { say("at exit\n"); }

__attribute__((noinline)) static int deep(int n) {
    if (n == 0)
        exit(9);
    return deep(n - 1) + 1;
}

int main(void) {
    atexit(at_exit);
    say("%d\n", deep(50));
}
