// Replaces the parts of the C library that would reach for an operating system. A program linked with this imports
// nothing but what env.h names: there are no files, and the time stands still, so every run is the same.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "env.h"

time_t time(time_t *out) {
    if (out) *out = 0;
    return 0;
}

#ifdef __wasm__
_Noreturn void abort(void) {
    static const char message[] = "aborted";
    host_fail(message, sizeof message - 1);
}

FILE *fopen(const char *path, const char *mode) {
    (void)path, (void)mode;
    errno = ENOENT;
    return NULL;
}

FILE *freopen(const char *path, const char *mode, FILE *file) {
    (void)path, (void)mode, (void)file;
    errno = ENOENT;
    return NULL;
}

// What the library's three standard streams are made of: they take everything and give nothing.
size_t __stdio_write(FILE *file, const unsigned char *from, size_t length) { (void)file, (void)from; return length; }
size_t __stdio_read(FILE *file, unsigned char *to, size_t length) { (void)file, (void)to, (void)length; return 0; }
off_t __stdio_seek(FILE *file, off_t offset, int whence) { (void)file, (void)offset, (void)whence; return -1; }
int __stdio_close(FILE *file) { (void)file; return 0; }

// No stream can be open, so these are only linked, never reached.
int fclose(FILE *file) { (void)file; return EOF; }
int getc(FILE *file) { (void)file; return EOF; }
int feof(FILE *file) { (void)file; return 1; }
int ferror(FILE *file) { (void)file; return 1; }
size_t fread(void *to, size_t size, size_t count, FILE *file) {
    (void)to, (void)size, (void)count, (void)file;
    return 0;
}
#endif
