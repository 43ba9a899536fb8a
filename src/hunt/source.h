#ifndef HUNT_SOURCE_H
#define HUNT_SOURCE_H
/*
 * One opened input: its stream, its format told from the first bytes, and its blocks. Several workers may take blocks
 * of one source; a lock inside keeps them apart. intake.h opens them.
 */
#include "hunt/cutter.h"
#include "input/files.h"
#include "input/members.h"

struct source_options {
	int year;		/* decode_options.year */
	int zone_min;		/* and its zone, unless: */
	bool zone_local;	/* this machine's, as it was at the file's date */
	int64_t now;
	bool carve;		/* decode_options.carve */
	struct members_options archives;
};

struct source;

/*
 * Over a stream, which is its own from now on. What is in no known format is counted through c with its reason, and NULL is
 * returned; an empty input gives NULL without a count.
 */
struct source *source_open(const char *path, struct stream *stream, const struct source_options *options,
			   struct decode_ctx *c);
/* Closes its stream, whatever is left: there are no more blocks. Those that were taken may still be decoded. */
void source_seal(struct source *s);
void source_free(struct source *s);

const char *source_path(const struct source *s);
const struct decode_format *source_format(const struct source *s);
const struct decode_options *source_times(const struct source *s);
struct str source_head(const struct source *s);		/* its first bytes; before any block is taken */
uint64_t source_unread(const struct source *s);		/* bytes of a journal that libsystemd reads, not its stream */
/* It lies on disk under its path, as it is: not packed, nor in an archive. */
bool source_is_plain_file(const struct source *s);
/* Writes all its bytes to fd. ERR_LIMIT: there are more than `max`; what failed else is counted through c. */
int source_spill(struct source *s, struct decode_ctx *c, int fd, uint64_t max) __attribute__((warn_unused_result));

/* The next block; false at the end. What stops it early is counted through c. Not for DECODE_UNIT_JOURNAL. */
bool source_next(struct source *s, struct decode_ctx *c, struct block *out);

/*
 * Decodes a block with the format's row: resets the arena and begins a batch of names for each piece. c has the worker's
 * arena, names, stats, emit, skip, user; the rest is set here. `states` are the worker's, one for each format.
 */
struct source_states { void *at[32]; };
void source_decode(const struct source *s, struct decode_ctx *c, struct source_states *states, const struct block *b);
/* Behind the last block, by whoever decoded it: what an ordered format still holds. */
void source_finish(const struct source *s, struct decode_ctx *c);
void source_states_free(struct source_states *states);
#endif
