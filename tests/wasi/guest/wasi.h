/* What the C cases share: every function of preview 1 by its own name, reporting `NAME -> errno` on standard output.
 *
 * `raw_NAME` is the import itself. Built with -DUNSTABLE, the imports come from `wasi_unstable` and the records have
 * that module's layouts, so that one source shows the same behaviour through both. */
#ifndef WASI_CASE_H
#define WASI_CASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

#ifdef UNSTABLE
#define WASI_MODULE "wasi_unstable"
#else
#define WASI_MODULE "wasi_snapshot_preview1"
#endif

static void report_end(const char *function);
#include "imports.h"

typedef __wasi_iovec_t iovec;
typedef __wasi_fdstat_t fdstat;
typedef __wasi_dirent_t dirent;

#ifdef UNSTABLE
enum { SEEK_FROM_CUR, SEEK_FROM_END, SEEK_FROM_SET };
typedef struct {
    uint64_t dev, ino;
    uint8_t filetype;
    uint32_t nlink;
    uint64_t size, atim, mtim, ctim;
} filestat;
_Static_assert(sizeof(filestat) == 56, "the older filestat has 56 bytes");
#else
enum { SEEK_FROM_SET, SEEK_FROM_CUR, SEEK_FROM_END };
typedef __wasi_filestat_t filestat;
_Static_assert(sizeof(filestat) == 64, "filestat has 64 bytes");
#endif

enum { STDIN, STDOUT, STDERR, ROOT };
enum { NOFOLLOW = 0, FOLLOW = __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW };
enum {
    CREAT = __WASI_OFLAGS_CREAT,
    DIRECTORY = __WASI_OFLAGS_DIRECTORY,
    EXCL = __WASI_OFLAGS_EXCL,
    TRUNC = __WASI_OFLAGS_TRUNC
};
enum {
    APPEND = __WASI_FDFLAGS_APPEND,
    DSYNC = __WASI_FDFLAGS_DSYNC,
    NONBLOCK = __WASI_FDFLAGS_NONBLOCK,
    RSYNC = __WASI_FDFLAGS_RSYNC,
    SYNC = __WASI_FDFLAGS_SYNC
};
enum {
    ATIM = __WASI_FSTFLAGS_ATIM,
    ATIM_NOW = __WASI_FSTFLAGS_ATIM_NOW,
    MTIM = __WASI_FSTFLAGS_MTIM,
    MTIM_NOW = __WASI_FSTFLAGS_MTIM_NOW
};
/* Rights to ask for: to read a file, to write one, and all that the specification knows. */
#define R_READ (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_FILESTAT_GET)
#define R_WRITE                                                                                                        \
    (__WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_FILESTAT_GET |          \
     __WASI_RIGHTS_FD_FILESTAT_SET_SIZE | __WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_SYNC |                          \
     __WASI_RIGHTS_FD_DATASYNC | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES)
#define R_RDWR (R_READ | R_WRITE)
#ifdef UNSTABLE
#define R_ALL ((1ull << 29) - 1)
#else
#define R_ALL ((1ull << 30) - 1)
#endif
#define R_DIR (R_ALL & ~(__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE))

/* A path or text as the two parameters that it is: address and length. */
#define S(text) (text), (int32_t)(sizeof(text) - 1)
/* An array of iovecs as its two parameters. */
#define V(array) (array), (int32_t)(sizeof(array) / sizeof(array[0]))

/* Where reports go; a case that closes standard output sends them to standard error. */
static int32_t say_to = STDOUT;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    static char text[1024];
    va_list list;
    va_start(list, format);
    int size = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    iovec all = {(uint8_t *)text, (size_t)size};
    __wasi_size_t done;
    raw_fd_write(say_to, &all, 1, &done);
}

static const char *errno_name(int32_t error) {
    return error >= 0 && (size_t)error < sizeof errno_names / sizeof errno_names[0] ? errno_names[error] : "?";
}

static int report(const char *function, int32_t error) {
    say("%s -> %s\n", function, errno_name(error));
    return error;
}

static void report_end(const char *function) {
    say("%s does not return\n", function);
}

/* Opens `path` under `dir`, following links; the descriptor, or -1. */
static int32_t open_at(int32_t dir, const char *path, int32_t oflags, uint64_t rights, int32_t fdflags) {
    int32_t fd = -1;
    path_open(dir, FOLLOW, (void *)path, (int32_t)strlen(path), oflags, (int64_t)rights, (int64_t)R_ALL, fdflags, &fd);
    return fd;
}

/* Writes a text, reports, and says how much of it was taken. */
static void put(int32_t fd, const char *text) {
    iovec all = {(uint8_t *)text, strlen(text)};
    __wasi_size_t done = 0;
    if (fd_write(fd, &all, 1, &done) == E_SUCCESS)
        say("  %u of %u bytes\n", (unsigned)done, (unsigned)strlen(text));
}

/* Reads up to `size` bytes (at most 256), reports, and says which. */
static void get(int32_t fd, size_t size) {
    uint8_t bytes[256];
    iovec all = {bytes, size};
    __wasi_size_t done = 0;
    if (fd_read(fd, &all, 1, &done) == E_SUCCESS)
        say("  %u bytes `%.*s`\n", (unsigned)done, (int)done, (const char *)bytes);
}

/* How a call may go on after a part was taken: the buffers that are left. */
static void take(iovec *all, int count, size_t done) {
    for (int i = 0; i < count; i++) {
        size_t part = all[i].buf_len < done ? all[i].buf_len : done;
        all[i].buf += part;
        all[i].buf_len -= part;
        done -= part;
    }
}

static bool is_left(const iovec *all, int count) {
    for (int i = 0; i < count; i++)
        if (all[i].buf_len != 0)
            return true;
    return false;
}

/* Reads until the buffers are full or the file ends, since one call may give less; the number of bytes. */
static size_t read_all(int32_t fd, iovec *all, int count, int *error) {
    size_t sum = 0;
    __wasi_size_t done = 1;
    *error = E_SUCCESS;
    while (done != 0 && is_left(all, count) && (*error = raw_fd_read(fd, all, count, &done)) == E_SUCCESS) {
        take(all, count, done);
        sum += done;
    }
    return sum;
}

/* Writes until the buffers are taken, since one call may take less; the number of bytes. */
static size_t write_all(int32_t fd, iovec *all, int count, int *error) {
    size_t sum = 0;
    __wasi_size_t done = 1;
    *error = E_SUCCESS;
    while (done != 0 && is_left(all, count) && (*error = raw_fd_write(fd, all, count, &done)) == E_SUCCESS) {
        take(all, count, done);
        sum += done;
    }
    return sum;
}

/* Moves the offset, reports, and says where it is. */
static void seek(int32_t fd, int64_t by, int32_t whence) {
    uint64_t at = 0;
    if (fd_seek(fd, by, whence, &at) == E_SUCCESS)
        say("  at %llu\n", (unsigned long long)at);
}

static void tell(int32_t fd) {
    uint64_t at = 0;
    if (fd_tell(fd, &at) == E_SUCCESS)
        say("  at %llu\n", (unsigned long long)at);
}

static const char *filetype_name(uint8_t type) {
    static const char *const names[] = {"unknown", "block_device", "character_device", "directory",
                                        "regular_file", "socket_dgram", "socket_stream", "symbolic_link"};
    return type < 8 ? names[type] : "?";
}

/* What of a filestat is the same in every run. */
static void show(const filestat *stat) {
    say("  %s, size %llu, links %llu\n", filetype_name(stat->filetype), (unsigned long long)stat->size,
        (unsigned long long)stat->nlink);
}

static void stat_fd(int32_t fd) {
    filestat stat;
    if (fd_filestat_get(fd, &stat) == E_SUCCESS)
        show(&stat);
}

static void stat_at(int32_t dir, int32_t lookup, const char *path) {
    filestat stat;
    if (path_filestat_get(dir, lookup, (void *)path, (int32_t)strlen(path), &stat) == E_SUCCESS)
        show(&stat);
}

static void link_at(int32_t dir, const char *path) {
    char text[64];
    __wasi_size_t size = 0;
    if (path_readlink(dir, (void *)path, (int32_t)strlen(path), text, sizeof text, &size) == E_SUCCESS)
        say("  %u bytes `%.*s`\n", (unsigned)size, (int)size, text);
}

/* What a descriptor is, and its flags. */
static void show_fdstat(int32_t fd) {
    fdstat stat;
    if (fd_fdstat_get(fd, &stat) == E_SUCCESS)
        say("  %s, flags %u\n", filetype_name(stat.fs_filetype), (unsigned)stat.fs_flags);
}

/* The rights of a descriptor, base and inheriting, as hexadecimal numbers. */
static void show_rights(int32_t fd) {
    fdstat stat;
    if (fd_fdstat_get(fd, &stat) == E_SUCCESS)
        say("  base %llx, inheriting %llx\n", (unsigned long long)stat.fs_rights_base,
            (unsigned long long)stat.fs_rights_inheriting);
}

/* Entries of a directory, read with a buffer of `size` bytes (at most 4096) from a cookie on: called once for each
 * whole entry. What is cut off at the end of the buffer is read again from the cookie of the entry before it. */
typedef void entry_fn(const dirent *entry, const char *name, void *data);

static int each_entry(int32_t fd, size_t size, uint64_t cookie, entry_fn *visit, void *data) {
    uint8_t buffer[4096];
    for (;;) {
        __wasi_size_t used = 0;
        int error = raw_fd_readdir(fd, buffer, (int32_t)size, (int64_t)cookie, &used);
        size_t at = 0;
        bool whole = false;
        if (error != E_SUCCESS)
            return error;
        while (used - at >= sizeof(dirent)) {
            dirent entry;
            memcpy(&entry, buffer + at, sizeof entry);
            if (used - at - sizeof entry < entry.d_namlen)
                break;
            visit(&entry, (const char *)buffer + at + sizeof entry, data);
            at += sizeof entry + entry.d_namlen;
            cookie = entry.d_next;
            whole = true;
        }
        if (used < size)
            return E_SUCCESS;
        if (!whole)
            return E_OVERFLOW;
    }
}

/* The names in a directory with their kinds, sorted, since their order is the host's. */
enum { NAMES = 64 };
typedef struct {
    char names[NAMES][48];
    int count;
} names;

static void add_name(const dirent *entry, const char *name, void *data) {
    names *all = data;
    if (all->count < NAMES)
        snprintf(all->names[all->count++], sizeof all->names[0], "%.*s %s", (int)entry->d_namlen, name,
                 filetype_name(entry->d_type));
}

static void list(int32_t fd, size_t size) {
    static names all;
    all.count = 0;
    report("fd_readdir", each_entry(fd, size, 0, add_name, &all));
    for (int i = 0; i < all.count; i++)
        for (int k = i + 1; k < all.count; k++)
            if (strcmp(all.names[k], all.names[i]) < 0) {
                char kept[sizeof all.names[0]];
                memcpy(kept, all.names[i], sizeof kept);
                memcpy(all.names[i], all.names[k], sizeof kept);
                memcpy(all.names[k], kept, sizeof kept);
            }
    for (int i = 0; i < all.count; i++)
        say("  %s\n", all.names[i]);
}

/* A subscription, with the fields of both kinds. The older clock has a number of its own before the clock's. */
enum { EVENT_CLOCK, EVENT_READ, EVENT_WRITE };
enum { ABSTIME = 1 };
typedef struct {
    uint64_t userdata;
    uint8_t tag;
    union {
        struct {
#ifdef UNSTABLE
            uint64_t identifier;
#endif
            uint32_t id;
            uint64_t timeout, precision;
            uint16_t flags;
        } clock;
        int32_t fd;
    } u;
} subscription;
#ifdef UNSTABLE
_Static_assert(sizeof(subscription) == 56, "the older subscription has 56 bytes");
#else
_Static_assert(sizeof(subscription) == 48, "subscription has 48 bytes");
#endif

static subscription on_clock(uint64_t userdata, uint32_t id, uint64_t timeout, uint16_t flags) {
    subscription made;
    memset(&made, 0, sizeof made);
    made.userdata = userdata;
    made.tag = EVENT_CLOCK;
    made.u.clock.id = id;
    made.u.clock.timeout = timeout;
    made.u.clock.flags = flags;
    return made;
}

static subscription on_fd(uint64_t userdata, uint8_t tag, int32_t fd) {
    subscription made;
    memset(&made, 0, sizeof made);
    made.userdata = userdata;
    made.tag = tag;
    made.u.fd = fd;
    return made;
}

/* Waits, reports, and says what came, sorted by the numbers that the subscriptions were given (at most 8). How many
 * bytes a stream has is not said, since one that gives 1 for "some" is right, too. */
static void poll(subscription *in, int32_t count) {
    __wasi_event_t out[8];
    __wasi_size_t done = 0;
    memset(out, 0xff, sizeof out);
    if (poll_oneoff(in, out, count, &done) != E_SUCCESS)
        return;
    for (uint64_t number = 0; number < 0x10000; number++)
        for (__wasi_size_t i = 0; i < done && i < 8; i++)
            if (out[i].userdata == number)
                say("  %llu: %s, type %u\n", (unsigned long long)number, errno_name(out[i].error),
                    (unsigned)out[i].type);
    say("  events %u\n", (unsigned)done);
}
#endif
