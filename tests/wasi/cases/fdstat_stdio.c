// shows: the standard streams that are not terminals say what they are and may be
// sees: fd_fdstat_get success
// unstable: yes
#include "wasi.h"

int main(void) {
    for (int fd = STDIN; fd <= STDERR; fd++)
        show_fdstat(fd);
}
