#ifndef CORRELATE_CORRELATE_H
#define CORRELATE_CORRELATE_H
/*
 * correlate: sliding windows over the matches of single rules, in event time: Sigma's correlation rules (specification 2.1.0,
 * "Correlation rules"; what it leaves open is answered in docs/sigma.md). Pure. It knows nothing of events or rules: whoever
 * feeds it says, match by match and in order of time, which of a correlation's rules matched, the group's key and the value.
 *
 * One `struct correlate` is the running state of one correlation. Memory is bounded by limits: what is dropped is counted.
 * correlate_naive_* is the plain reading, the oracle of the other: it keeps everything and recounts each window.
 *
 *  - The window of a match at t is [t - timespan, t], both ends included. Matches come with times that do not fall.
 *  - gt, gte and eq conditions are decided when a match arrives. An EPISODE begins with the match at which the condition
 *    becomes true (`fired`), goes on while it holds, and ends (`ended`) with the first match of its group at which it does
 *    not hold any more, or when the window has emptied, or with correlate_end. One episode is one finding.
 *  - lt, lte, neq (and ranges that such an operator is part of): the window that begins with a group's first match is judged
 *    when it closes, timespan after it began (both ends included); the next window begins with the next match behind it.
 *    A window that has not closed when the input ends is judged as it stands.
 *  - temporal: each of the rules matched within the window; with a condition, so many distinct ones. temporal_ordered: in
 *    the order of the list by time, ties by the order in which they are fed; distinct matches; with a condition, the length
 *    of the longest prefix is compared.
 *  - value_*: an event without the value, or with text that is no number (sum, avg, percentile), is not counted.
 *  - Two matches are of one event when time, file and record of their places are equal; they are fed one after the other.
 *    For event_count, sum, avg and percentile an event counts once, whichever of the rules it meets. For temporal it may
 *    stand for several rules; for temporal_ordered it takes one place of the list.
 *
 * What each of these means, and the name of the test that fixes it: docs/correlate.md.
 */
#include "base/arena.h"
#include "base/buf.h"

enum correlate_type {
	CORRELATE_EVENT_COUNT, CORRELATE_VALUE_COUNT, CORRELATE_VALUE_SUM, CORRELATE_VALUE_AVG, CORRELATE_VALUE_PERCENTILE,
	CORRELATE_TEMPORAL, CORRELATE_TEMPORAL_ORDERED,
	CORRELATE_TYPES
};
const char *correlate_type_name(enum correlate_type type);		/* "event_count" */
enum correlate_type correlate_type_of(struct str name);		/* CORRELATE_TYPES where unknown */

enum correlate_op { CORRELATE_GT, CORRELATE_GTE, CORRELATE_LT, CORRELATE_LTE, CORRELATE_EQ, CORRELATE_NEQ, CORRELATE_OPS };

#define CORRELATE_RULES_MAX 64u		/* rules that one correlation names */
#define CORRELATE_CONDITIONS_MAX 2u

struct correlate_spec {
	enum correlate_type type;
	uint32_t rule_count;		/* inputs are 0..rule_count-1, in the order of the list */
	int64_t timespan;		/* ticks, 1 or more */
	struct { enum correlate_op op; double number; } conditions[CORRELATE_CONDITIONS_MAX];	/* all must hold */
	uint32_t condition_count;	/* 0 only for temporal types: all rules */
	double percentile;		/* 0..100 */
};

struct correlate_limits {
	size_t groups_max;		/* live groups; 0: CORRELATE_GROUPS_MAX */
	size_t entries_max;		/* matches kept of one group; 0: CORRELATE_ENTRIES_MAX */
	size_t bytes_max;		/* of all of one correlation; 0: CORRELATE_BYTES_MAX */
};
#define CORRELATE_GROUPS_MAX 2000000u
#define CORRELATE_ENTRIES_MAX 100000u
#define CORRELATE_BYTES_MAX ((size_t)1 << 30)

/* Where a match is, in the caller's numbers. */
struct correlate_place {
	int64_t time;
	uint64_t record;
	uint32_t file;
	uint32_t rule;			/* the caller's number of the rule */
};

struct correlate_match {
	uint32_t input;			/* which of the correlation's rules */
	struct correlate_place place;	/* place.time is the match's time */
	/* Bytes that are equal where the group is the same: made by correlate_key, so compared without case. */
	struct str key;
	struct str shown;		/* the group's values as they are spelled here; that of the first match is kept */
	struct str value;		/* value_count: bytes that are equal for equal tuples; STR_NONE: it has none */
	double number;			/* value_sum, _avg, _percentile; what is not finite: it has none */
};

#define CORRELATE_PARTS_HEAD 10u
#define CORRELATE_PARTS_TAIL 10u

struct correlate_episode {
	struct str key, shown;		/* valid during the call */
	struct correlate_place fired;	/* the match at which the condition became true (lt ...: the window's last) */
	int64_t first_time, last_time;	/* of its matches */
	uint64_t count;			/* of its matches: those in the window when it fired and those since */
	double value;			/* what was compared, when it fired: count, distinct values, sum ... */
	/* Its matches: the first PARTS_HEAD and the last PARTS_TAIL of `count`, in order, without gaps where they are all. */
	const struct correlate_place *parts;
	uint32_t part_count;
};

struct correlate_counts {
	uint64_t matches, no_value;	/* fed; of these without a value that could be used */
	uint64_t episodes;
	uint64_t dropped_groups, dropped_entries;	/* for want of room: results may be incomplete */
	size_t groups_peak, bytes_peak;
};

struct correlate_calls {
	void *user;
	/*
	 * The condition became true: for chained correlations, which are fed at once. parts are those so far. May be NULL. Of
	 * a window that is judged when it closes, fired.time lies in the past and `ended` follows at once: whoever feeds an
	 * outer correlation takes the later of fired.time and correlate_time(outer).
	 */
	void (*fired)(void *user, const struct correlate_episode *e);
	/* The episode is over: for the finding. Episodes that end in one call because time has passed, or the input is at its
	 * end, come in order of `fired` (time, file, record, rule), then key. May be NULL. */
	void (*ended)(void *user, const struct correlate_episode *e);
};

struct correlate;
struct correlate *correlate_new(const struct correlate_spec *spec, const struct correlate_limits *limits,
				const struct correlate_calls *calls);
void correlate_free(struct correlate *c);
/* Time must not fall between calls (assert). */
void correlate_add(struct correlate *c, const struct correlate_match *m);
/* Nothing before `time` will come: closes what that closes. Optional; correlate_add does the same for its own time. */
void correlate_advance(struct correlate *c, int64_t time);
/* The input ends: every open window is judged, every episode ended. Feed no more. */
void correlate_end(struct correlate *c);
struct correlate_counts correlate_counts(const struct correlate *c);
/* The latest time that it was given; INT64_MIN where none was. What is fed next may not lie before it. */
int64_t correlate_time(const struct correlate *c);

/* The oracle: the same calls, the same answers, nothing bounded. */
struct correlate_naive;
struct correlate_naive *correlate_naive_new(const struct correlate_spec *spec, const struct correlate_calls *calls);
void correlate_naive_free(struct correlate_naive *c);
void correlate_naive_add(struct correlate_naive *c, const struct correlate_match *m);
void correlate_naive_advance(struct correlate_naive *c, int64_t time);
void correlate_naive_end(struct correlate_naive *c);

/* Appends one value of a group or tuple to a key: folded, with its length, so that ("ab","c") and ("a","bc") differ. */
void correlate_key_add(struct buf *key, struct str value);
#endif
