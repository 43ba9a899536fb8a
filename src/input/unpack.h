#ifndef INPUT_UNPACK_H
#define INPUT_UNPACK_H
/*
 * Decompressors as rows. Each turns a piece of input into a piece of output and keeps its state in between; the stream
 * (stream.h) does the reading, the members that follow one another, and what a cut means.
 */
#include "base/str.h"

struct unpack_io {
	const uint8_t *in;
	size_t in_n;
	uint8_t *out;
	size_t out_n;
};

struct unpacker {
	const char *name;
	bool (*starts)(struct str head);	/* a member begins with these bytes (UNPACK_HEAD of them, fewer at the end) */
	void *(*begin)(void);			/* for one member; NULL: no memory */
	/* Moves in and out forward. 0: go on; 1: the member is complete; ERR_FORMAT; ERR_LIMIT. */
	int (*step)(void *state, struct unpack_io *io);
	void (*end)(void *state);
};
#define UNPACK_HEAD 10u

extern const struct unpacker *const unpackers[];	/* ends with NULL */
const struct unpacker *unpack_sniff(struct str head);	/* NULL: not compressed */
#endif
