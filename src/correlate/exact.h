#ifndef CORRELATE_EXACT_H
#define CORRELATE_EXACT_H
/*
 * A sum of doubles without rounding: a fixed-point number as wide as all doubles are, of which only the limbs in use are
 * kept. So numbers can leave the sum as they entered it, in any order, and what remains is exact. Zero-initialise it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "correlate/tally.h"

struct exact {
	int64_t *limbs;		/* 32 bits each with room for carries, the lowest first; limbs[0] counts 2^(32 * low - 1074) */
	uint16_t low, n;
	uint32_t unsettled;	/* numbers added since carries were last moved up */
};

void exact_free(struct tally *t, struct exact *e);
void exact_add(struct tally *t, struct exact *e, double x);	/* x is finite; to take one away, add -x */
double exact_value(const struct exact *e);			/* the double nearest to the sum, ties to even; may be infinite */
#endif
