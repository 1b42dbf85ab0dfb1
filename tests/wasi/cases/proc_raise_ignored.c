// shows: what proc_raise gives for a signal that is ignored
// sees: proc_raise notsup
#include "wasi.h"

int main(void) {
    proc_raise(13);
    proc_raise(27);
}
