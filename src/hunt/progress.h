#ifndef HUNT_PROGRESS_H
#define HUNT_PROGRESS_H
/*
 * The live line on a terminal's stderr: what is done of the bytes, events a second, time left. Redrawn at most ten times
 * a second, taken away at the end.
 */
#include "base/buf.h"

struct progress {
	bool shown;
	int64_t began, drawn;		/* ticks */
	uint64_t total_bytes;		/* 0: not known */
	struct buf line;
};

void progress_begin(struct progress *p, uint64_t total_bytes);
void progress_draw(struct progress *p, uint64_t bytes, uint64_t events, uint64_t findings);
void progress_end(struct progress *p);
/* The line's text, without colours or moves: for tests. */
void progress_text(struct buf *out, uint64_t total, uint64_t bytes, uint64_t events, uint64_t findings, double seconds);
#endif
