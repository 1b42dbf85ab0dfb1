// shows: names that are odd elsewhere are names like others
// sees: path_open success
#include "wasi.h"

int main(void) {
    static const char *const names[] = {" ",  "-",   "a b", "...", "..a", "a..", "\\",
                                        "C:", "con", "*",   "a:b", "\"",  "~",   "\n"};
    for (int i = 0; i < 14; i++)
        open_at(ROOT, names[i], CREAT | EXCL, R_WRITE, 0);
}
