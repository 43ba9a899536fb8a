#include "correlate/groups.h"

#include <assert.h>
#include <string.h>

#define SLOTS_FIRST 16u

static struct group_slot *new_slots(struct tally *t, size_t n)
{
	struct group_slot *slots = tally_resize(t, NULL, 0, n * sizeof *slots);
	memset(slots, 0xff, n * sizeof *slots);		/* GROUP_NONE */
	return slots;
}

void groups_init(struct groups *gs, struct tally *t)
{
	*gs = (struct groups){.tally = t, .free = GROUP_NONE, .oldest = GROUP_NONE, .newest = GROUP_NONE, .slot_count = SLOTS_FIRST};
	gs->slots = new_slots(t, SLOTS_FIRST);
}

void groups_free(struct groups *gs)
{
	assert(gs->live == 0);
	for (uint32_t i = 0; i * GROUPS_SLAB < gs->used; i++)
		tally_resize(gs->tally, gs->slabs[i], GROUPS_SLAB * sizeof(struct group), 0);
	tally_resize(gs->tally, gs->slabs, gs->slab_cap * sizeof *gs->slabs, 0);
	tally_resize(gs->tally, gs->slots, gs->slot_count * sizeof *gs->slots, 0);
}

/* ---- by key: open addressing, at most three quarters full ------------------------------------------------------------- */

struct group *groups_find(const struct groups *gs, struct str key, uint32_t hash)
{
	size_t mask = gs->slot_count - 1;

	for (size_t i = hash & mask; gs->slots[i].number != GROUP_NONE; i = (i + 1) & mask) {
		if (gs->slots[i].hash != hash)
			continue;
		struct group *g = groups_at(gs, gs->slots[i].number);
		if (str_eq(group_key(g), key))
			return g;
	}
	return NULL;
}

static void put_slot(struct group_slot *slots, size_t mask, struct group_slot s)
{
	size_t i = s.hash & mask;

	while (slots[i].number != GROUP_NONE)
		i = (i + 1) & mask;
	slots[i] = s;
}

static void grow_slots(struct groups *gs)
{
	size_t n = gs->slot_count * 2;
	struct group_slot *slots = new_slots(gs->tally, n);

	for (size_t i = 0; i < gs->slot_count; i++)
		if (gs->slots[i].number != GROUP_NONE)
			put_slot(slots, n - 1, gs->slots[i]);
	tally_resize(gs->tally, gs->slots, gs->slot_count * sizeof *slots, 0);
	gs->slots = slots;
	gs->slot_count = n;
}

static void remove_slot(struct groups *gs, const struct group *g)
{
	size_t mask = gs->slot_count - 1, hole = g->hash & mask;

	while (gs->slots[hole].number != g->number)
		hole = (hole + 1) & mask;
	for (size_t i = (hole + 1) & mask; gs->slots[i].number != GROUP_NONE; i = (i + 1) & mask) {
		size_t home = gs->slots[i].hash & mask;
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		gs->slots[hole] = gs->slots[i];
		hole = i;
	}
	gs->slots[hole].number = GROUP_NONE;
}

/* ---- by age ------------------------------------------------------------------------------------------------------------ */

static void link_newest(struct groups *gs, struct group *g)
{
	g->older = gs->newest;
	g->newer = GROUP_NONE;
	if (gs->newest != GROUP_NONE)
		groups_at(gs, gs->newest)->newer = g->number;
	else
		gs->oldest = g->number;
	gs->newest = g->number;
}

static void unlink_age(struct groups *gs, struct group *g)
{
	if (g->older != GROUP_NONE)
		groups_at(gs, g->older)->newer = g->newer;
	else
		gs->oldest = g->newer;
	if (g->newer != GROUP_NONE)
		groups_at(gs, g->newer)->older = g->older;
	else
		gs->newest = g->older;
}

void groups_renew(struct groups *gs, struct group *g)
{
	if (gs->newest == g->number)
		return;
	unlink_age(gs, g);
	link_newest(gs, g);
}

/* ---- adding and removing ------------------------------------------------------------------------------------------------ */

static struct group *new_group(struct groups *gs)
{
	if (gs->free != GROUP_NONE) {
		struct group *g = groups_at(gs, gs->free);
		gs->free = g->older;
		return g;
	}
	uint32_t slab = gs->used / GROUPS_SLAB;
	if (gs->used % GROUPS_SLAB == 0) {
		if (slab == gs->slab_cap) {
			uint32_t cap = slab ? slab * 2 : 8;
			gs->slabs = tally_resize(gs->tally, gs->slabs, slab * sizeof *gs->slabs, cap * sizeof *gs->slabs);
			gs->slab_cap = cap;
		}
		gs->slabs[slab] = tally_zero(gs->tally, GROUPS_SLAB * sizeof(struct group));
	}
	struct group *g = groups_at(gs, gs->used);
	g->number = gs->used++;
	return g;
}

static size_t text_size(const struct group_text *t)
{
	return sizeof *t + t->key_n + t->shown_n;
}

struct group *groups_add(struct groups *gs, const struct correlate_match *m, uint32_t hash)
{
	assert(m->key.n < UINT32_MAX / 4 && m->shown.n < UINT32_MAX / 4);
	struct group *g = new_group(gs);
	struct group_text sizes = {(uint32_t)m->key.n, (uint32_t)m->shown.n};

	*g = (struct group){.number = g->number, .hash = hash};
	g->text = tally_resize(gs->tally, NULL, 0, text_size(&sizes));
	*g->text = sizes;
	if (m->key.n)
		memcpy(g->text->bytes, m->key.p, m->key.n);
	if (m->shown.n)
		memcpy(g->text->bytes + m->key.n, m->shown.p, m->shown.n);
	link_newest(gs, g);
	put_slot(gs->slots, gs->slot_count - 1, (struct group_slot){hash, g->number});
	if ((size_t)++gs->live * 4 > gs->slot_count * 3)
		grow_slots(gs);
	return g;
}

void groups_unlink(struct groups *gs, struct group *g)
{
	remove_slot(gs, g);
	unlink_age(gs, g);
	gs->live--;
}

void groups_release(struct groups *gs, struct group *g)
{
	tally_resize(gs->tally, g->text, text_size(g->text), 0);
	g->text = NULL;
	g->older = gs->free;
	gs->free = g->number;
}
