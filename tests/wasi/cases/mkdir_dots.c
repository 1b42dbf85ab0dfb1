// shows: the granted directory itself is there already
// sees: path_create_directory exist
#include "wasi.h"

int main(void) {
    path_create_directory(ROOT, S("."));
    path_create_directory(ROOT, S("./"));
    path_create_directory(ROOT, S(""));
}
