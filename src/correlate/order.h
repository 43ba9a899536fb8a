#ifndef CORRELATE_ORDER_H
#define CORRELATE_ORDER_H
/*
 * Numbers in order, that come and go: sorted runs of at most ORDER_RUN, so adding, removing and picking the k-th cost about
 * the square root of how many there are. Zero-initialise it.
 */
#include <stddef.h>
#include <stdint.h>

#include "correlate/tally.h"

#define ORDER_RUN 128u

struct order {
	struct order_run {
		double *at;
		uint32_t n, cap;
	} *runs;		/* none of them empty */
	uint32_t run_count, run_cap;
	size_t n;
};

void order_free(struct tally *t, struct order *o);
void order_add(struct tally *t, struct order *o, double x);
void order_remove(struct tally *t, struct order *o, double x);	/* one that is in it (assert) */
double order_at(const struct order *o, size_t k);		/* the k-th smallest, from 0 */

/* Between the two of n sorted numbers that the rank percent / 100 * (n - 1) lies between, linearly. n is 1 or more. */
struct order_rank { size_t below; double part; };		/* the number below the rank, how far the rank is behind it */
struct order_rank order_rank(size_t n, double percent);
double order_between(double a, double b, double part);
double order_percentile(const struct order *o, double percent);
#endif
