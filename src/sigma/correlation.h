#ifndef SIGMA_CORRELATION_H
#define SIGMA_CORRELATION_H
/*
 * A correlation document as a set keeps it (specification 2.1.0, "Correlation rules"; what that leaves open is answered
 * in docs/sigma.md). It is a rule of the set like the others, behind all of them, but has no detection: whoever runs a
 * set feeds its matches to correlate.h's engines, one for each correlation.
 *
 * Correlations stand in an order in which each comes behind those that it names.
 */
#include "correlate/correlate.h"
#include "event/event.h"

#define SIGMA_GROUPS_MAX 32u		/* fields of one group-by */
#define SIGMA_VALUES_MAX 16u		/* fields of one condition */
#define SIGMA_CHAIN_MAX 10u		/* correlations one above another */
#define SIGMA_CORRELATIONS_MAX 10000u
#define SIGMA_TIMESPAN_MAX (INT64_C(100) * 31556952 * TICKS_PER_SECOND)
#define SIGMA_FEEDS_MAX 1024u		/* names that all correlations want of one rule */

/* One of the rules that a correlation names. */
struct sigma_input {
	uint32_t rule;			/* in the set */
	/*
	 * Where its fields are found, one number for each of the correlation's groups and values: of a detection rule the
	 * place among its feeds (rule.h), of a correlation the place among that one's groups.
	 */
	const uint32_t *groups, *values;
};

struct sigma_correlation {
	uint32_t rule;			/* itself, in the set */
	struct correlate_spec spec;
	bool generate;			/* the rules that it names alert on their own, too */
	const struct str *groups; uint32_t group_count;		/* fields or aliases, as written */
	const struct str *values; uint32_t value_count;		/* the condition's fields */
	const struct sigma_input *inputs;			/* spec.rule_count */
};
/* True where it is decided when a window closes, not when a match arrives: lt, lte, neq (correlate.h). */
bool sigma_correlation_is_late(const struct sigma_correlation *c);

/*
 * What one event gives to a correlation. Both evaluators make it by sigma_feed_make, so they cannot differ in it: of a
 * field with several values the first that is not null; values are compared without case.
 */
struct sigma_feed {
	struct buf key;			/* correlate_match.key */
	struct buf shown;		/* the group's values: sigma_shown_add */
	struct buf value;		/* correlate_match.value */
	bool has_value;
	double number;			/* NAN: it is none */
};
void sigma_feed_free(struct sigma_feed *f);

/* How an evaluator finds what a rule calls by its `feed`-th name in an event that it met; false where it is absent. */
struct sigma_feed_source {
	const void *user;
	bool (*find)(const void *user, uint32_t rule, uint32_t feed, const struct event *e, struct field *out);
};
/* False where the event lacks a field of group-by, and so does not enter. */
bool sigma_feed_make(const struct sigma_correlation *c, uint32_t input, const struct event *e,
		     const struct sigma_feed_source *source, struct sigma_feed *out);
/* The same from the group of a correlation that fired, which is input `input` of c. */
void sigma_feed_chain(const struct sigma_correlation *c, uint32_t input, struct str shown, struct sigma_feed *out);

/* Values one after another, each behind its length; and back, false at the end. */
#define SIGMA_SHOWN_MAX 1024u		/* bytes of one value; longer ones end in their hash */
void sigma_shown_add(struct buf *shown, struct str value);
bool sigma_shown_next(struct str *rest, struct str *out);
#endif
