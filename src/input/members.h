#ifndef INPUT_MEMBERS_H
#define INPUT_MEMBERS_H
/*
 * The members of an archive as streams, one after the other in the archive's order: ZIP, 7-Zip and tar, told from the content.
 * Nothing is ever written; links, devices, absolute paths and ".." in names mean nothing here, they are only shown. An archive
 * in an archive is opened over its member's stream.
 *
 * libarchive does ZIP and tar, sevenzip.h 7-Zip; libarchive gets its bytes from our stream, with no filter of its own (stream.h unpacks, with its bounds)
 * and no other format (each would be one more parser of hostile bytes). ZIP and 7-Zip have their directory at the end: a file is
 * read with seeks, anything else is held in memory up to MEMBERS_HELD_MAX. A larger ZIP is then read from front to back.
 *
 * One thread at a time uses an archive and the stream of its member.
 */
#include "base/buf.h"
#include "input/stream.h"

#define MEMBERS_DEPTH_MAX 8u			/* archives inside one another */
#define MEMBERS_COUNT_MAX 1000000u		/* members of one input, with those of all archives in it */
#define MEMBERS_FREE_BYTES (1ull << 30)		/* an archive may unpack to this, whatever its size, and else to */
#define MEMBERS_RATIO_MAX 300u			/* as many times its size: logs shrink to 1/10 or 1/50, bombs to 1/1000 */
#define MEMBERS_BYTES_MAX (1ull << 44)		/* and at most to this: 16 TiB */
#define MEMBERS_HELD_MAX (256u << 20)		/* memory for archives inside archives, of one input */
#define MEMBERS_DIRECTORY_MAX (128u << 20)	/* bytes read before the first member of a ZIP: its directory */
#define MEMBERS_NAME_MAX 4096u			/* bytes of a member's name; what is longer is cut */
#define MEMBERS_REOPENED_MAX 64u		/* damaged members of a ZIP that are passed over */

struct members_limits {
	unsigned depth;
	uint64_t count, free_bytes, ratio, bytes, directory;
	size_t held;
};
extern const struct members_limits members_limits;	/* those above; tests have smaller ones */

struct members_options {
	const char *const *passwords;			/* each is tried; not owned */
	size_t password_count;
	const struct members_limits *limits;		/* NULL: members_limits */
};

enum members_kind { MEMBERS_NONE, MEMBERS_ZIP, MEMBERS_7Z, MEMBERS_TAR };
/* What archive begins with these bytes. tar has no magic of old: its check sum has to be right. */
enum members_kind members_sniff(struct str head);
const char *members_kind_name(enum members_kind kind);	/* "ZIP archive" */

struct members;

/*
 * Over a stream that is its own from now on. `outer`: the archive that the stream is a member of, which is not asked for another
 * one before this is closed; or NULL. Never NULL: what is wrong is said by members_next.
 */
struct members *members_open(struct stream *in, enum members_kind kind, const char *path, struct members *outer,
			     const struct members_options *options);
void members_close(struct members *m);

struct members_item {
	const char *path;		/* "a.zip!/logs/b.log", printable; "a.zip": the archive as a whole. Until the next call */
	struct stream *stream;		/* MEMBERS_FILE: the caller closes it before the next call */
	enum stream_fault fault;	/* MEMBERS_FAILED */
	const char *problem;		/* in words; lives until the next call */
};

enum members_found {
	MEMBERS_END,
	MEMBERS_FILE,
	MEMBERS_LINK,			/* no regular file: a link, a device; problem says which. Folders are not told of */
	MEMBERS_FAILED,			/* go on all the same: the end follows, or what stands behind the damage */
};
enum members_found members_next(struct members *m, struct members_item *out);

/* Appends a name as it is shown: UTF-8 stays, control characters and all other bytes become \xNN. */
void members_show_name(struct str name, struct buf *out);
#endif
