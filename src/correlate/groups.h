#ifndef CORRELATE_GROUPS_H
#define CORRELATE_GROUPS_H
/*
 * The live groups of one correlation: found by key, and in a list from the stalest to the newest. A group keeps its address
 * and its number until it is freed.
 */
#include "correlate/correlate.h"
#include "correlate/tally.h"

struct entry {
	struct correlate_place place;
	/* Kept by value_* only; what comes behind `place` is not stored for the others. */
	union { double number; uint32_t value; };
};

/* An episode that has begun, or the open window of a condition that is judged when it closes. */
struct episode {
	struct correlate_place fired;
	int64_t first_time, last_time;
	uint64_t count;
	double value;
	struct correlate_place *parts;		/* the first PARTS_HEAD, then a ring of the last PARTS_TAIL */
	uint32_t part_cap;
};

struct group_text {
	uint32_t key_n, shown_n;
	char bytes[];				/* key, shown */
};

struct group {
	struct group_text *text;		/* NULL: free */
	struct episode *episode;
	char *ring;				/* of entries, c->entry_size bytes each */
	union {
		void *state;			/* what the type keeps besides */
		uint32_t distinct;
	};
	uint32_t first, n, cap;			/* of the ring */
	uint32_t hash;
	uint32_t number;
	uint32_t older, newer;			/* numbers, or GROUP_NONE; `older` of a free one: the next free */
};

#define GROUP_NONE UINT32_MAX
#define GROUPS_SLAB 256u

struct groups {
	struct tally *tally;
	struct group **slabs;
	uint32_t slab_cap, used, free, live;
	uint32_t oldest, newest;
	struct group_slot { uint32_t hash, number; } *slots;
	size_t slot_count;
};

void groups_init(struct groups *gs, struct tally *t);
void groups_free(struct groups *gs);		/* the groups themselves must have been removed */
static inline struct group *groups_at(const struct groups *gs, uint32_t number)
{
	return &gs->slabs[number / GROUPS_SLAB][number % GROUPS_SLAB];
}
struct group *groups_find(const struct groups *gs, struct str key, uint32_t hash);	/* NULL: none */
struct group *groups_add(struct groups *gs, const struct correlate_match *m, uint32_t hash);	/* as the newest */
void groups_renew(struct groups *gs, struct group *g);		/* makes it the newest */
void groups_unlink(struct groups *gs, struct group *g);		/* not found any more, but still there */
void groups_release(struct groups *gs, struct group *g);	/* behind groups_unlink: text and number are free */

static inline struct str group_key(const struct group *g)
{
	return (struct str){g->text->bytes, g->text->key_n};
}
static inline struct str group_shown(const struct group *g)
{
	return (struct str){g->text->bytes + g->text->key_n, g->text->shown_n};
}
#endif
