// shows: a directory is not renamed by way of `.` or `..`
// sees: path_rename busy
// dir: sub
#include "wasi.h"

int main(void) {
    path_rename(ROOT, S("."), ROOT, S("x"));
    path_rename(ROOT, S("sub/."), ROOT, S("x"));
    path_rename(ROOT, S("sub/.."), ROOT, S("x"));
    path_rename(ROOT, S("sub"), ROOT, S("."));
}
