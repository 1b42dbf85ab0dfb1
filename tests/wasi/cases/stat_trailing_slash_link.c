// shows: a slash after a link to a directory names the directory, even where links are not followed
// sees: path_filestat_get success
// dir: sub
// link: l -> sub
#include "wasi.h"

int main(void) {
    filestat stat;
    path_filestat_get(ROOT, NOFOLLOW, S("l/"), &stat);
    say("%s\n", filetype_name(stat.filetype));
    path_filestat_get(ROOT, NOFOLLOW, S("l"), &stat);
    say("%s\n", filetype_name(stat.filetype));
}
