#ifndef INPUT_STREAM_H
#define INPUT_STREAM_H
/*
 * The bytes of one input, whatever they are wrapped in: a file, a pipe or standard input; gzip, xz, bzip2 or zstd told
 * from the content, also one inside another; UTF-16 text, given as UTF-8. Everything is read through bounded buffers and
 * nothing is mapped, so a file may grow, shrink or vanish meanwhile. A compression bomb costs time, never memory.
 *
 * One thread at a time uses a stream.
 */
#include <stdatomic.h>

#include "base/str.h"
#include "input/tee.h"

struct stream;

/* What streams share with the job; all may be NULL. */
struct stream_env {
	const atomic_bool *stop;	/* waiting for a pipe ends when it is set; the stream then ends */
	atomic_uint_fast64_t *bytes;	/* bytes read from the system are added here as they come */
	const struct tee *tee;		/* sees all bytes of each input: tee.h */
};

/*
 * What may come out of one archive, so that a bomb ends: STREAM's layers over its members add to it, and to those of the
 * archives around it. members.h sets the bounds.
 */
struct stream_budget {
	struct stream_budget *outer;	/* of the archive that this one lies in, or NULL */
	uint64_t packed;		/* bytes of the archive as far as they are known */
	uint64_t free, ratio, most;	/* unpacked may be: free + ratio * packed, and at most `most` */
	uint64_t unpacked;
	bool spent;
};

/* Bytes that come from elsewhere: a member of an archive. It outlives the stream. */
struct stream_reader {
	/* As stream_read; with an error it sets fault and problem. */
	ptrdiff_t (*read)(struct stream_reader *r, char *p, size_t n);
	enum stream_fault {
		STREAM_FAULT_READ,	/* the system could not */
		STREAM_FAULT_PACKED,	/* compressed bytes are damaged, cut, or want too much memory */
		STREAM_FAULT_ARCHIVE,	/* the archive is damaged or cut */
		STREAM_FAULT_LOCKED,	/* it needs a password, or another one */
		STREAM_FAULT_KIND,	/* packed by a method that is not read here */
		STREAM_FAULT_LIMIT,	/* the budget is spent */
	} fault;
	const char *problem;		/* in words */
	const char *path;
	uint64_t size;			/* TEE_SIZE_UNKNOWN */
	int64_t date;
	bool whole;			/* what nobody took is read when the stream is closed */
	struct stream_budget *budget;
};

#define STREAM_PEEK_MAX (64u << 10)
#define STREAM_LAYERS_MAX 2		/* compressions inside one another */
#define STREAM_WINDOW_MAX (128u << 20)	/* memory that one decompressor may ask for */

/*
 * Opens path; "-" is standard input. `found` says that a walk found it: then only a regular file is opened and a link is
 * not followed (ERR_UNSUPPORTED for what is none). ERR_NOENT, ERR_DENIED, ERR_IO with errno.
 */
int stream_open(const char *path, bool found, const struct stream_env *env, struct stream **out)
	__attribute__((warn_unused_result));
/* A stream over bytes that outlive it: for tests. */
struct stream *stream_of_bytes(struct str bytes, size_t most_at_once);
struct stream *stream_of_reader(struct stream_reader *r, const struct stream_env *env);
/* With a tee in its environment the bytes that were not taken are read first. */
void stream_close(struct stream *s);

/*
 * 1 to n bytes; 0 at the end; ERR_IO with errno: reading failed; ERR_FORMAT: compressed bytes are damaged or cut, all that
 * could be unpacked before was given; ERR_LIMIT: the decompressor wants more memory than STREAM_WINDOW_MAX. After 0 or an
 * error every further call gives the same.
 */
ptrdiff_t stream_read(struct stream *s, char *p, size_t n);
/* Reads until n bytes, the end or an error; returns what was read, and in *out_status 1 (there may be more), 0 or the error. */
size_t stream_fill(struct stream *s, char *p, size_t n, int *out_status);
/* The next bytes, at most STREAM_PEEK_MAX, without taking them; fewer only at the end or before an error. */
struct str stream_peek(struct stream *s);

const char *stream_packing(const struct stream *s);	/* "gzip", "zstd in gzip"... or "": static or in s */
const char *stream_problem(const struct stream *s);	/* after an error: in words, static or the reader's */
enum stream_fault stream_fault(const struct stream *s);	/* after an error: what is at fault */
int64_t stream_date(const struct stream *s);		/* when the file was last written; TICKS_NONE of pipes */
bool stream_is_file(const struct stream *s);		/* a regular file */
uint64_t stream_file_bytes(const struct stream *s);	/* its size when it was opened; 0 of pipes */
uint64_t stream_taken(const struct stream *s);		/* bytes that were read of it so far as it lies, packed */
const struct stream_env *stream_env_of(const struct stream *s);

/*
 * Archives that have their directory at the end are not read from front to back. True for a plain file and for bytes in
 * memory; the tee (tee.h) then has seen them all. From then on stream_told counts the bytes for the progress bar.
 */
bool stream_begin_seeking(struct stream *s);
int stream_seek(struct stream *s, uint64_t offset);	/* ERR_IO with errno */
void stream_told(struct stream *s, uint64_t upto);	/* the first so many bytes are done */
#endif
