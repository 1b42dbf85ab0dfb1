// shows: in a folder whose permissions say no, nothing is found or made
// sees: path_open acces
// sees: path_filestat_get acces
// sees: path_create_directory acces
// sees: path_unlink_file acces
// sees: path_rename acces
// sees: path_symlink acces
// sees: path_link acces
// sees: path_remove_directory acces
// file: shut/a.txt one
// dir: shut/sub
// file: b.txt two
// mode: shut 000
// dir: fixed
// file: fixed/c.txt three
// mode: fixed 555
// needs: user
#include "wasi.h"

int main(void) {
    open_at(ROOT, "shut/a.txt", 0, R_READ, 0);
    stat_at(ROOT, FOLLOW, "shut/a.txt");
    path_create_directory(ROOT, S("shut/d"));
    path_unlink_file(ROOT, S("fixed/c.txt"));
    path_rename(ROOT, S("b.txt"), ROOT, S("fixed/b.txt"));
    path_symlink(S("x"), ROOT, S("fixed/l"));
    path_link(ROOT, 0, S("b.txt"), ROOT, S("fixed/b.txt"));
    path_remove_directory(ROOT, S("shut/sub"));
    link_at(ROOT, "shut/a.txt");
}
