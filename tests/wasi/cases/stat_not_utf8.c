// shows: a path is UTF-8, and other bytes are an illegal sequence
// sees: path_filestat_get ilseq
#include "wasi.h"

int main(void) {
    filestat stat;
    path_filestat_get(ROOT, FOLLOW, S("a\xff"), &stat);
    path_filestat_get(ROOT, FOLLOW, S("\xc3"), &stat);
    path_filestat_get(ROOT, FOLLOW, S("\xed\xa0\x80"), &stat);
}
