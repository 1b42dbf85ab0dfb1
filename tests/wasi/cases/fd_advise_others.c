// shows: there is no advice on directories and streams
// sees: fd_advise badf
#include "wasi.h"

int main(void) {
    fd_advise(ROOT, 0, 0, 0);
    fd_advise(STDIN, 0, 0, 0);
    fd_advise(STDOUT, 0, 0, 0);
}
