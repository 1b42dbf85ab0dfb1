// shows: which rights are there in a folder that is granted for reading alone
// sees: fd_fdstat_get success
// dir: sub
// file: a.txt abc
// grant: . / ro
#include "wasi.h"

int main(void) {
    show_rights(ROOT);
    show_rights(open_at(ROOT, "sub", DIRECTORY, R_DIR, 0));
    show_rights(open_at(ROOT, "a.txt", 0, R_READ, 0));
}
