#ifndef HUNT_EXPLAIN_H
#define HUNT_EXPLAIN_H
/*
 * Why a rule meets an event or does not, part by part: each variant with what its source must be, then the tree of its
 * tests with the values that were seen. The naive evaluator is what it asks.
 */
#include "sigma/naive.h"

struct explain {
	const struct sigma_set *set;
	struct sigma_naive *naive;
	bool color;
	struct buf *out;
};

/* Appends the text; true where the rule meets the event. */
bool explain_rule(struct explain *x, uint32_t rule, const struct event *e);
#endif
