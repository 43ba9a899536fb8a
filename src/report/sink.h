#ifndef REPORT_SINK_H
#define REPORT_SINK_H
/*
 * Where a document goes: standard output, or a file that appears under its name only when it is whole. Buffered; the first
 * error is kept and everything after it is dropped.
 */
#include "base/buf.h"

struct sink {
	struct buf buf;			/* put text here, then call sink_check */
	int fd;
	int error;			/* 0 or ERR_IO */
	int errno_kept;
	char *path, *temporary;		/* of a file; NULL for standard output */
};
#define SINK_FLUSH_BYTES (256u << 10)

/* path NULL: standard output. Otherwise a temporary file beside path (where path is no regular file, a device or a pipe,
 * it is written directly). ERR_IO with errno: then it is closed already. */
int sink_open(struct sink *s, const char *path) __attribute__((warn_unused_result));
/* Writes the buffer out where it is long enough. Returns the sink's error. */
int sink_check(struct sink *s);
/* Writes what is left; with `keep` the file takes its name, else it goes away. The first error of all, errno set. */
int sink_close(struct sink *s, bool keep) __attribute__((warn_unused_result));
#endif
