// shows: streams have no offset
// sees: fd_seek spipe
// sees: fd_tell spipe
#include "wasi.h"

int main(void) {
    seek(STDIN, 0, SEEK_FROM_CUR);
    seek(STDOUT, 0, SEEK_FROM_CUR);
    seek(STDERR, 0, SEEK_FROM_SET);
    tell(STDIN);
    tell(STDOUT);
}
