#ifndef BASE_IO_H
#define BASE_IO_H
/*
 * Files: reading small ones whole, walking folders, writing so that a reader sees the old or the new file, never half.
 */
#include "base/arena.h"
#include "base/buf.h"

/* Reads all of path; ERR_LIMIT where it is larger than `max` bytes. The text is followed by a NUL (not counted).
 * ERR_NOENT, ERR_DENIED, ERR_IO with errno. */
int io_read_file(const char *path, size_t max, struct arena *a, struct str *out) __attribute__((warn_unused_result));

/* Writes through a new file beside it, fsync, rename. Mode is 0600 & ~umask where `private_mode`, else 0644 & ~umask. */
int io_write_file(const char *path, struct str bytes, bool private_mode) __attribute__((warn_unused_result));

int io_make_dirs(const char *path, unsigned mode) __attribute__((warn_unused_result));

/*
 * Every regular file at or below path, in byte order of the path, to `visit` (non-zero ends the walk and is returned).
 * Symbolic links are not followed below the starting path; unreadable folders go to `failed` (may be NULL).
 */
struct io_walk {
	int (*visit)(void *user, const char *path);
	void (*failed)(void *user, const char *path, int errno_value);
	void *user;
};
#define IO_WALK_DEPTH_MAX 64
int io_walk(const char *path, const struct io_walk *walk) __attribute__((warn_unused_result));

/* Writes all n bytes, whatever it takes; ERR_IO with errno. */
int io_write_all(int fd, const void *p, size_t n) __attribute__((warn_unused_result));
#endif
