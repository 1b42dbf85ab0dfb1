// shows: every function that takes a descriptor gives badf for one that is not open
// sees: fd_advise badf
// sees: path_symlink badf
// unstable: yes
#include "wasi.h"

/* No descriptor that is open has a number like this. */
enum { NONE = 1000 };

int main(void) {
    char bytes[128];
    iovec all = {(uint8_t *)bytes, sizeof bytes};
    __wasi_size_t size;
    fd_advise(NONE, 0, 0, 0);
    fd_allocate(NONE, 0, 1);
    fd_close(NONE);
    fd_datasync(NONE);
    fd_fdstat_get(NONE, bytes);
    fd_fdstat_set_flags(NONE, 0);
    fd_fdstat_set_rights(NONE, 0, 0);
    fd_filestat_get(NONE, bytes);
    fd_filestat_set_size(NONE, 0);
    fd_filestat_set_times(NONE, 0, 0, 0);
    fd_pread(NONE, &all, 1, 0, &size);
    fd_prestat_get(NONE, bytes);
    fd_prestat_dir_name(NONE, bytes, 10);
    fd_pwrite(NONE, &all, 1, 0, &size);
    fd_read(NONE, &all, 1, &size);
    fd_readdir(NONE, bytes, sizeof bytes, 0, &size);
    fd_renumber(NONE, NONE + 1);
    seek(NONE, 0, SEEK_FROM_SET);
    fd_sync(NONE);
    tell(NONE);
    fd_write(NONE, &all, 1, &size);
    path_create_directory(NONE, S("a"));
    stat_at(NONE, FOLLOW, "a");
    path_filestat_set_times(NONE, FOLLOW, S("a"), 0, 0, 0);
    path_link(NONE, 0, S("a"), ROOT, S("b"));
    open_at(NONE, "a", 0, R_READ, 0);
    link_at(NONE, "a");
    path_remove_directory(NONE, S("a"));
    path_rename(NONE, S("a"), ROOT, S("b"));
    path_symlink(S("a"), NONE, S("b"));
    path_unlink_file(NONE, S("a"));
    sock_shutdown(NONE, 1);
}
