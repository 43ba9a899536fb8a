#ifndef SIGMA_NAIVE_H
#define SIGMA_NAIVE_H
/*
 * The naive evaluator: walks the tree of every variant for every event, the plain reading of the specification. Slow on
 * purpose; it is the oracle of the compiled one (program.h), and what `truc rules explain` shows.
 */
#include "event/event.h"
#include "sigma/set.h"

struct sigma_naive;	/* scratch of one thread: compiled regexes, an arena */
struct sigma_naive *sigma_naive_new(const struct sigma_set *set);
void sigma_naive_free(struct sigma_naive *n);
bool sigma_naive_variant(struct sigma_naive *n, const struct sigma_variant *v, const struct event *e);
/* Indices of all rules that match, ascending; the array lives until the next call. */
uint32_t sigma_naive_run(struct sigma_naive *n, const struct event *e, const uint32_t **out_rules);
/* One test, one source: also what explain calls for each part. */
bool sigma_naive_node(struct sigma_naive *n, const struct sigma_node *node, const struct event *e);
/* The values that a test of a field looks at, at most `max`; returns how many there are (perhaps more than max). They live
 * until the next call of sigma_naive_variant or _run. */
uint32_t sigma_naive_values(struct sigma_naive *n, const struct sigma_match *m, const struct event *e, struct field *out,
			    uint32_t max);

/*
 * What the tests mean where the specification is silent (docs/sigma.md gives the reasons):
 *   - a field with several values meets a test where any of them does; but NULL holds where it is absent or all of its
 *     values are null. No other test than NULL and EXISTS holds for a null value or an absent field.
 *   - a keyword is searched in event.raw where that is set, else in every value that is not null, system fields too.
 *   - REGEX sees the text as it is, bad UTF-8 replaced; STRING and FIELDREF see it folded unless cased.
 *
 * The pieces that both evaluators share, so that they cannot differ in them. Texts are folded by the caller where the
 * match is not cased.
 */
bool sigma_glob(const struct sigma_part *parts, uint32_t count, struct str text);
bool sigma_cidr_match(const struct sigma_match *m, struct str text);
bool sigma_compare_match(const struct sigma_match *m, const struct field *f);
bool sigma_datepart_match(const struct sigma_match *m, struct str text);
bool sigma_source_match(const struct sigma_source *s, const struct event *e);
#endif
