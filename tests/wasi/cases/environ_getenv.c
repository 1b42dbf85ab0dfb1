// shows: the C library finds variables by name
// sees: stdout yes
// env: WORD=yes
#include "wasi.h"
#include <stdlib.h>

int main(void) {
    say("%s\n", getenv("WORD"));
    say("%d\n", getenv("PATH") == NULL);
}
