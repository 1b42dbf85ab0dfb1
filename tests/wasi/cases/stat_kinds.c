// shows: what a path names: a file, a directory, a link, and what a link names
// sees: path_filestat_get success
// sees: stdout symbolic_link
// file: a.txt one
// dir: sub
// link: l -> a.txt
// link: d -> sub
// unstable: yes
#include "wasi.h"

int main(void) {
    stat_at(ROOT, NOFOLLOW, "a.txt");
    stat_at(ROOT, NOFOLLOW, "l");
    stat_at(ROOT, FOLLOW, "l");
    filestat stat;
    path_filestat_get(ROOT, FOLLOW, S("sub"), &stat);
    say("%s\n", filetype_name(stat.filetype));
    path_filestat_get(ROOT, NOFOLLOW, S("d"), &stat);
    say("%s\n", filetype_name(stat.filetype));
    path_filestat_get(ROOT, FOLLOW, S("d"), &stat);
    say("%s\n", filetype_name(stat.filetype));
}
