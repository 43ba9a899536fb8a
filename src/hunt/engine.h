#ifndef HUNT_ENGINE_H
#define HUNT_ENGINE_H
/*
 * The two evaluators behind one face: the compiled program, and the naive one for tests (`--evaluator naive`). They answer
 * alike; so does what is reported of a match.
 */
#include "report/report.h"
#include "sigma/naive.h"
#include "sigma/program.h"

/* The rules of a job; exactly one of the two is set. Not owned. */
struct engine {
	const struct sigma_program *program;
	const struct sigma_set *set;
};

uint32_t engine_rule_count(const struct engine *g);
struct sigma_rule_info engine_rule(const struct engine *g, uint32_t rule);
const struct keys *engine_keys(const struct engine *g);
const struct sigma_counts *engine_counts(const struct engine *g);

/* One thread's evaluator. */
struct engine_matcher;
/* keep[rule] == 0: the rule is not evaluated. Copied; NULL: all are. */
struct engine_matcher *engine_matcher_new(const struct engine *g, const uint8_t *keep);
void engine_matcher_free(struct engine_matcher *m);
/* Indices of the rules that the event meets, ascending; they live until the next call. */
uint32_t engine_run(struct engine_matcher *m, const struct event *e, const uint32_t **out_rules);
/* For sigma_feed_make: what correlations want of an event that a rule met. */
struct sigma_feed_source engine_feed_source(const struct engine_matcher *m);
/* The fields that the rule looked at, in the rule's order and under its names. Fills at most `max`. */
#define ENGINE_LOOKED_MAX 256u
uint32_t engine_looked(struct engine_matcher *m, uint32_t rule, const struct event *e, struct report_field *out,
		       uint32_t max);
#endif
