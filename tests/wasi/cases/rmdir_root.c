// shows: the granted directory cannot be removed from within
// sees: path_remove_directory inval
#include "wasi.h"

int main(void) {
    path_remove_directory(ROOT, S("."));
}
