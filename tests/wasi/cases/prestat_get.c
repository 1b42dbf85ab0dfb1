// shows: each granted directory is described with the length of its name, and named
// sees: fd_prestat_get success
// sees: fd_prestat_dir_name success
// dir: one
// dir: two
// grant: one /first
// grant: two second/folder
// unstable: yes
#include "wasi.h"

int main(void) {
    for (int fd = ROOT; fd < 6; fd++) {
        __wasi_prestat_t prestat;
        if (fd_prestat_get(fd, &prestat) != E_SUCCESS)
            break;
        char name[64];
        say("  tag %d, length %u\n", prestat.tag, (unsigned)prestat.u.dir.pr_name_len);
        fd_prestat_dir_name(fd, name, (int32_t)prestat.u.dir.pr_name_len);
        say("  `%.*s`\n", (int)prestat.u.dir.pr_name_len, name);
    }
}
