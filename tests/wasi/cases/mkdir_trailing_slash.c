// shows: a directory may be named with a slash at its end
// sees: path_create_directory success
#include "wasi.h"

int main(void) {
    path_create_directory(ROOT, S("one/"));
    path_create_directory(ROOT, S("two//"));
    path_create_directory(ROOT, S("./three/."));
}
