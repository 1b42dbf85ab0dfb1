// shows: names beyond ASCII are found, by their bytes
// sees: path_filestat_get success
// file: é.txt one
// file: 日本 two
#include "wasi.h"

int main(void) {
    stat_at(ROOT, FOLLOW, "\xc3\xa9.txt");
    stat_at(ROOT, FOLLOW, "日本");
    /* The same letter, decomposed, is another name. */
    stat_at(ROOT, FOLLOW, "e\xcc\x81.txt");
}
