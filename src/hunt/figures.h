#ifndef HUNT_FIGURES_H
#define HUNT_FIGURES_H
/*
 * The closing figures of a hunt: as text for people, and as JSON for scripts (--summary).
 */
#include "hunt/hunt.h"

struct figures {
	const struct hunt_result *result;
	const struct sigma_counts *rules;
	unsigned threads;
	double load_seconds;
	const struct intel_counts *indicators;	/* or NULL: none were asked for */
};

/* Several lines, each with its end. figures_losses is the part on what was passed over. */
void figures_losses(const struct hunt_result *r, struct buf *out);
void figures_text(const struct figures *f, struct buf *out);
/*
 * {"files","bytes","used_bytes","events","findings","written","skipped":{cause:count},"skipped_bytes":{cause:bytes},
 * "rules":{"loaded","refused",...},"indicators":{"loaded","refused",...},"seconds":{"load","run","detect","merge"},"peak_rss_bytes","threads",...} and a line
 * end. Only causes that occurred are named.
 */
void figures_json(const struct figures *f, struct buf *out);
uint64_t figures_peak_rss(void);	/* bytes */
#endif
