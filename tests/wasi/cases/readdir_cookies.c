// shows: reading goes on after any entry from its cookie, and a cookie can be used again
// sees: fd_readdir success
// file: a one
// file: b two
// file: c three
#include "wasi.h"

typedef struct {
    uint64_t cookies[16];
    int count;
} seen;

static void note(const dirent *entry, const char *name, void *data) {
    (void)name;
    seen *all = data;
    all->cookies[all->count++] = entry->d_next;
}

int main(void) {
    seen all = {0}, rest = {0};
    report("fd_readdir", each_entry(ROOT, 4096, 0, note, &all));
    say("entries %d\n", all.count);
    for (int i = 0; i < all.count; i++) {
        rest.count = 0;
        each_entry(ROOT, 4096, all.cookies[i], note, &rest);
        say("after %d: %d\n", i, rest.count);
    }
}
