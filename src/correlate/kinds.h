#ifndef CORRELATE_KINDS_H
#define CORRELATE_KINDS_H
/*
 * The running state of one correlation, and the types as rows: what each keeps besides a group's entries, and what it compares.
 */
#include "base/vec.h"
#include "correlate/groups.h"

struct values;

struct correlate {
	struct correlate_spec spec;
	const struct kind *kind;
	struct correlate_calls calls;
	bool closing;			/* judged when the window closes */
	size_t groups_max, bytes_max;
	uint32_t ring_max;
	bool ring_lossy;		/* what does not fit into ring_max is missed */
	size_t entry_size;
	int64_t now;
	struct correlate_counts counts;
	struct tally tally;
	struct groups groups;
	struct values *values;		/* value_count */
	VEC(struct group *) over;	/* groups whose episodes end together */
	struct correlate_place parts[CORRELATE_PARTS_HEAD + CORRELATE_PARTS_TAIL];
};

struct kind {
	const char *name;
	bool number, value;		/* an event needs one */
	bool once;			/* an event counts once, whichever rules it meets */
	bool keeps;			/* needs its entries although the window does not slide: to take them out again */
	/* `before`: the group's last match before this one, or NULL. *e is what will be kept: they set its union. */
	void (*enter)(struct correlate *c, struct group *g, const struct correlate_match *m,
		      const struct correlate_place *before, struct entry *e);
	void (*leave)(struct correlate *c, struct group *g, const struct entry *e);
	double (*value_of)(const struct correlate *c, const struct group *g);	/* of the window that ends at c->now */
	void (*drop)(struct correlate *c, struct group *g);	/* the state; all entries have left. May be NULL */
};

extern const struct kind kinds[CORRELATE_TYPES];

/* Whether `then`, not after `now`, is in the window that ends at now. Without overflow. */
static inline bool within(int64_t then, int64_t now, int64_t timespan)
{
	return (uint64_t)now - (uint64_t)then <= (uint64_t)timespan;
}

/* The i-th oldest entry of a group's ring; whose memory may hold the place only. */
static inline char *entry_at(const struct correlate *c, const struct group *g, uint32_t i)
{
	size_t at = (size_t)g->first + i;
	return g->ring + (at < g->cap ? at : at - g->cap) * c->entry_size;
}

static inline const struct correlate_place *place_at(const struct correlate *c, const struct group *g, uint32_t i)
{
	return (const struct correlate_place *)(const void *)entry_at(c, g, i);
}

static inline bool same_event(const struct correlate_place *a, const struct correlate_place *b)
{
	return a->time == b->time && a->record == b->record && a->file == b->file;
}

/* Shared with the naive reading: what a spec says. */
bool spec_judges_on_close(const struct correlate_spec *spec);
bool spec_holds(const struct correlate_spec *spec, double value);
void spec_check(struct correlate_spec *spec);		/* assert; a temporal one without a condition gets its own */
#endif
