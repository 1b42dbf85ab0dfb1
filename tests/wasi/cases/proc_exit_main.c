// shows: what main returns is the exit code
// sees: end exit 3
#include "wasi.h"

int main(void) {
    say("in main\n");
    return 3;
}
