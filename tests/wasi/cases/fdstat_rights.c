// shows: which rights the descriptors have
// sees: fd_fdstat_get success
// dir: sub
// file: a.txt abc
#include "wasi.h"

int main(void) {
    show_rights(STDIN);
    show_rights(STDOUT);
    show_rights(ROOT);
    show_rights(open_at(ROOT, "sub", DIRECTORY, R_DIR, 0));
    show_rights(open_at(ROOT, "a.txt", 0, R_READ, 0));
    show_rights(open_at(ROOT, "a.txt", 0, R_RDWR, 0));
}
