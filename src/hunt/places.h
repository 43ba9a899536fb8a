#ifndef HUNT_PLACES_H
#define HUNT_PLACES_H
/*
 * Where things were passed over: for each cause the first PLACES_KEPT places in order of path and number, whichever
 * worker met them and when. The counts themselves are in decode_stats.
 */
#include "decode/decode.h"

#define PLACES_KEPT 3u

struct place {
	char *path;		/* owned */
	uint64_t number;	/* record or line, or byte where `is_byte`; 0: the input as a whole */
	bool is_byte;
	char detail[120];
};

struct places {
	struct place at[DECODE_CAUSES][PLACES_KEPT];
	unsigned count[DECODE_CAUSES];
};

/* The decoder of EVTX names records where it has them, else bytes: is the place of this cause a byte of the file? */
bool places_count_bytes(enum decode_cause cause);
/* `detail` may be NULL. */
void places_add(struct places *p, enum decode_cause cause, const char *path, uint64_t number, const char *detail);
void places_merge(struct places *into, const struct places *from);
void places_free(struct places *p);
/* "path, record 7", escaped for a terminal. */
void place_print(const struct place *p, struct buf *out);
#endif
