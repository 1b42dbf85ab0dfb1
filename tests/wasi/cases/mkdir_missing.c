// shows: the directories above one that is made must be there
// sees: path_create_directory noent
#include "wasi.h"

int main(void) {
    path_create_directory(ROOT, S("missing/two"));
}
