#ifndef HUNT_CORRELATIONS_H
#define HUNT_CORRELATIONS_H
/*
 * The correlations of a job. While events are looked at, what is met by a rule that feeds a correlation goes to a spool of
 * its own: the group's key and values, and where the event is. Afterwards correlations_run gives these in order of time
 * (then path, record, and place within the record) to one engine each. Memory depends on neither the input's size nor
 * the number of matches; the engines have room for CORRELATIONS_BYTES together and count what they drop.
 */
#include "hunt/engine.h"
#include "hunt/spool.h"

#define CORRELATIONS_BYTES ((size_t)1 << 30)
#define CORRELATIONS_BYTES_EACH_MIN ((size_t)64 << 20)
#define CORRELATIONS_BYTES_EACH_MAX ((size_t)320 << 20)
#define CORRELATIONS_ORIGINS_MAX (1u << 20)	/* (file, host) that are told apart; beyond, the host is not kept */

struct correlations_options {
	const struct engine *engine;
	const uint8_t *keep;		/* by rule: what the filters leave; NULL: all */
	bool named;			/* the filters name single rules: one that a correlation names may speak for itself */
	struct spool_options spool;
	struct correlate_limits limits;	/* of each engine; bytes_max 0: by the sizes above */
};

struct correlations_counts {
	uint32_t in_use;		/* correlations that are run, for themselves or for another */
	uint64_t matches;		/* fed */
	uint64_t no_group, no_time;	/* not fed: a field of group-by is missing; the event has no time */
	uint64_t no_value;		/* fed, but without a value that could be used */
	uint64_t dropped_groups, dropped_entries;	/* for want of room: results may be incomplete */
	uint64_t findings;
	size_t bytes_peak;		/* of all engines */
};

struct correlations;
struct correlations *correlations_new(const struct correlations_options *options);
void correlations_free(struct correlations *c);
/* By rule: must it be evaluated, for itself or to feed a correlation? Lives as long as c. */
const uint8_t *correlations_evaluated(const struct correlations *c);
/* Does the rule alert on its own? */
bool correlations_alerts(const struct correlations *c, uint32_t rule);
const struct correlations_counts *correlations_counts(const struct correlations *c);

/* Where an event is. */
struct match_origin {
	struct str path, format, host;	/* host STR_NONE: not known */
	uint64_t order;			/* among the events of one record */
};

/* One thread's end of it; NULL where nothing is correlated. Free them before correlations_run. */
struct matches;
struct matches *matches_new(struct correlations *c, struct engine_matcher *m);
void matches_free(struct matches *m);
/* The rules that an event met. ERR_IO: the spool could not be written (errno). m may be NULL. */
int matches_add(struct matches *m, const struct match_origin *origin, const struct event *e, const uint32_t *rules,
		uint32_t count) __attribute__((warn_unused_result));

/* What a run says; each may be NULL. `rule` is the correlation's number among the rules. */
struct correlations_calls {
	void *user;
	void (*fed)(void *user, uint32_t rule, const struct correlate_match *m);
	void (*fired)(void *user, uint32_t rule, const struct correlate_episode *e);
	/* Only of those that alert. Not 0 ends the run and is returned. */
	int (*ended)(void *user, uint32_t rule, const struct correlate_episode *e);
};
/* Once. ERR_IO: the spool could not be read back. */
int correlations_run(struct correlations *c, const struct correlations_calls *calls) __attribute__((warn_unused_result));
/* What correlate_place.file means: path, format, host. During the run. */
const struct match_origin *correlations_origin(const struct correlations *c, uint32_t file);
#endif
