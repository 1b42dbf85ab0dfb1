// shows: times are set on the file a link names, or on the link itself
// sees: path_filestat_set_times success
// file: a.txt one
// link: l -> a.txt
#include "wasi.h"

int main(void) {
    path_filestat_set_times(ROOT, FOLLOW, S("l"), 0, 5000000000, MTIM);
    path_filestat_set_times(ROOT, NOFOLLOW, S("l"), 0, 7000000000, MTIM);
    filestat file, link;
    path_filestat_get(ROOT, FOLLOW, S("l"), &file);
    path_filestat_get(ROOT, NOFOLLOW, S("l"), &link);
    say("file %llu, link %llu\n", (unsigned long long)file.mtim, (unsigned long long)link.mtim);
}
