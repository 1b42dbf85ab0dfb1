// shows: what proc_raise gives for signals that end a program
// sees: proc_raise notsup
// unstable: yes
#include "wasi.h"

int main(void) {
    proc_raise(6);
    proc_raise(0);
    proc_raise(15);
}
