// shows: standard input gives what it was given, and then its end
// sees: fd_read success
// sees: stdout `line one`
// stdin: line one\nline two\n
#include "wasi.h"

int main(void) {
    get(STDIN, 8);
    get(STDIN, 1);
    get(STDIN, 200);
    get(STDIN, 200);
}
