#include "correlate/episode.h"

#define PARTS_MAX (CORRELATE_PARTS_HEAD + CORRELATE_PARTS_TAIL)

struct episode *episode_new(struct tally *t)
{
	return tally_zero(t, sizeof(struct episode));
}

void episode_free(struct tally *t, struct episode *e)
{
	if (!e)
		return;
	tally_resize(t, e->parts, e->part_cap * sizeof *e->parts, 0);
	tally_resize(t, e, sizeof *e, 0);
}

/* Where the match with this number (from 0) is kept. */
static uint64_t part_place(uint64_t number)
{
	return number < CORRELATE_PARTS_HEAD ? number : CORRELATE_PARTS_HEAD + (number - CORRELATE_PARTS_HEAD) % CORRELATE_PARTS_TAIL;
}

void episode_add(struct tally *t, struct episode *e, const struct correlate_place *place)
{
	uint64_t at = part_place(e->count);

	if (at >= e->part_cap) {
		uint32_t cap = e->part_cap * 2 < PARTS_MAX ? e->part_cap * 2 : PARTS_MAX;
		cap = cap ? cap : 1;
		e->parts = tally_resize(t, e->parts, e->part_cap * sizeof *e->parts, cap * sizeof *e->parts);
		e->part_cap = cap;
	}
	e->parts[at] = *place;
	if (e->count++ == 0)
		e->first_time = place->time;
	e->last_time = place->time;
}

const struct correlate_place *episode_last(const struct episode *e)
{
	return &e->parts[part_place(e->count - 1)];
}

struct episode *episode_of_ring(struct correlate *c, const struct group *g)
{
	struct episode *e = episode_new(&c->tally);
	uint32_t head = g->n < CORRELATE_PARTS_HEAD ? g->n : CORRELATE_PARTS_HEAD;
	uint32_t tail = g->n - head < CORRELATE_PARTS_TAIL ? head : g->n - CORRELATE_PARTS_TAIL;

	for (uint32_t i = 0; i < head; i++)
		episode_add(&c->tally, e, place_at(c, g, i));
	e->count = tail;
	for (uint32_t i = tail; i < g->n; i++)
		episode_add(&c->tally, e, place_at(c, g, i));
	return e;
}

void episode_tell(struct correlate *c, const struct group *g, void (*call)(void *user, const struct correlate_episode *e))
{
	const struct episode *e = g->episode;
	uint32_t n = e->count < PARTS_MAX ? (uint32_t)e->count : PARTS_MAX;

	if (!call)
		return;
	for (uint32_t i = 0; i < n; i++)
		c->parts[i] = e->parts[part_place(i < CORRELATE_PARTS_HEAD ? i : e->count - n + i)];
	struct correlate_episode told = {group_key(g), group_shown(g), e->fired, e->first_time, e->last_time, e->count,
					 e->value, c->parts, n};
	call(c->calls.user, &told);
}
