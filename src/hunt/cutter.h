#ifndef HUNT_CUTTER_H
#define HUNT_CUTTER_H
/*
 * Cuts a stream into blocks as its format wants them (decode.h, enum decode_unit): whole lines, whole JSON values, or
 * runs of EVTX's 64 KiB slots. No byte is lost or given twice, however the stream's reads fall; what a block cannot hold
 * (a line over DECODE_LINE_MAX) is counted as skipped.
 *
 * One thread at a time uses a cutter; the blocks are the workers' own.
 */
#include "decode/decode.h"
#include "decode/json.h"
#include "input/stream.h"

/* Bytes of a block, but for a single line or value that is longer. */
#define CUTTER_BLOCK_BYTES (512u << 10)
#define CUTTER_SLOT_BYTES (64u << 10)
#define CUTTER_HEADER_BYTES 4096u
#define CUTTER_STALE_PLACES 8u

struct block {
	char *p;
	size_t n, cap;
	uint64_t first_record;
	uint64_t offset;		/* in the unpacked stream */
	struct buf context;		/* decode_ctx.context: what the blocks before left in force */
};
void block_free(struct block *b);

struct cutter {
	const struct decode_format *format;
	struct stream *in;		/* not owned */
	size_t block_bytes;		/* 0: CUTTER_BLOCK_BYTES; tests make it small */
	size_t line_max;		/* 0: DECODE_LINE_MAX */
	bool carve;			/* EVTX: blocks bear a context, which deleted records are compared with */
	/* private */
	struct buf kept;		/* read, and behind the last cut */
	struct buf context;		/* behind the last cut */
	uint64_t offset, record;
	struct json_splitter json;
	uint64_t slot;			/* EVTX: number of the next slot */
	uint32_t header_chunks;		/* how many the file header counts */
	uint32_t stale_count;		/* slots of old bytes since the last chunk, and where the first of them stand */
	uint64_t stale_at[CUTTER_STALE_PLACES];
	int status;			/* of the stream: 1, 0 or its error */
	bool begun, reported, in_long;
};

/* Begins with the stream's first byte; an EVTX file header is taken away and checked (skips go to c). */
void cutter_begin(struct cutter *cut, const struct decode_format *format, struct stream *in);
void cutter_free(struct cutter *cut);
/*
 * The next block. 1: there is one; 0: the end; else the stream's error, once, then 0. Bytes passed over are counted in c's
 * stats and told to its skip.
 */
int cutter_next(struct cutter *cut, struct decode_ctx *c, struct block *out);
#endif
