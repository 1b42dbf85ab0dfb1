// shows: descriptors are numbers without a sign, and none is as large as -1 says
// sees: fd_close badf
#include "wasi.h"

int main(void) {
    fd_close(-1);
    fd_close(INT32_MIN);
    get(-1, 1);
    open_at(-1, "a", 0, R_READ, 0);
    fd_renumber(-1, ROOT);
}
