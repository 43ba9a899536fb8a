#include "correlate/values.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"

#define NONE UINT32_MAX
#define TABLE_FIRST 16u

struct text {
	uint32_t refs, hash, n;
	char bytes[];
};

struct pair {
	uint32_t group, value, count;	/* count 0: empty */
};

/* Both tables: open addressing, a power of two, at most three quarters full; what is removed is closed up behind. */
struct values {
	struct tally *tally;
	struct text **texts;		/* by id; NULL: free */
	uint32_t *next_free;
	uint32_t text_count, text_cap, free;
	uint32_t *slots;		/* ids by hash; NONE: empty */
	size_t slot_count, slots_used;
	struct pair *pairs;
	size_t pair_count, pairs_used;
};

static uint32_t *new_slots(struct tally *t, size_t n)
{
	uint32_t *slots = tally_resize(t, NULL, 0, n * sizeof *slots);
	memset(slots, 0xff, n * sizeof *slots);
	return slots;
}

struct values *values_new(struct tally *t)
{
	struct values *v = tally_zero(t, sizeof *v);
	v->tally = t;
	v->free = NONE;
	v->slot_count = v->pair_count = TABLE_FIRST;
	v->slots = new_slots(t, v->slot_count);
	v->pairs = tally_zero(t, v->pair_count * sizeof *v->pairs);
	return v;
}

static size_t text_size(uint32_t n)
{
	return sizeof(struct text) + n;
}

void values_free(struct values *v)
{
	if (!v)
		return;
	struct tally *t = v->tally;
	for (uint32_t i = 0; i < v->text_count; i++)
		if (v->texts[i])
			tally_resize(t, v->texts[i], text_size(v->texts[i]->n), 0);
	tally_resize(t, v->texts, v->text_cap * sizeof *v->texts, 0);
	tally_resize(t, v->next_free, v->text_cap * sizeof *v->next_free, 0);
	tally_resize(t, v->slots, v->slot_count * sizeof *v->slots, 0);
	tally_resize(t, v->pairs, v->pair_count * sizeof *v->pairs, 0);
	tally_resize(t, v, sizeof *v, 0);
}

/* ---- values by text -------------------------------------------------------------------------------------------------- */

static void grow_slots(struct values *v)
{
	size_t n = v->slot_count * 2;
	uint32_t *slots = new_slots(v->tally, n);

	for (uint32_t id = 0; id < v->text_count; id++) {
		if (!v->texts[id])
			continue;
		size_t i = v->texts[id]->hash & (n - 1);
		while (slots[i] != NONE)
			i = (i + 1) & (n - 1);
		slots[i] = id;
	}
	tally_resize(v->tally, v->slots, v->slot_count * sizeof *slots, 0);
	v->slots = slots;
	v->slot_count = n;
}

static uint32_t new_id(struct values *v)
{
	uint32_t id = v->free;

	if (id != NONE) {
		v->free = v->next_free[id];
		return id;
	}
	if (v->text_count == v->text_cap) {
		uint32_t cap = v->text_cap ? v->text_cap * 2 : 16;
		v->texts = tally_resize(v->tally, v->texts, v->text_cap * sizeof *v->texts, cap * sizeof *v->texts);
		v->next_free = tally_resize(v->tally, v->next_free, v->text_cap * sizeof *v->next_free, cap * sizeof *v->next_free);
		v->text_cap = cap;
	}
	return v->text_count++;
}

static uint32_t intern(struct values *v, struct str value)
{
	uint32_t hash = (uint32_t)hash_str(value);
	size_t i = hash & (v->slot_count - 1);

	for (; v->slots[i] != NONE; i = (i + 1) & (v->slot_count - 1)) {
		struct text *t = v->texts[v->slots[i]];
		if (t->hash == hash && str_eq((struct str){t->bytes, t->n}, value)) {
			t->refs++;
			return v->slots[i];
		}
	}
	assert(value.n < UINT32_MAX / 2);
	uint32_t id = new_id(v), n = (uint32_t)value.n;
	struct text *t = tally_resize(v->tally, NULL, 0, text_size(n));
	*t = (struct text){1, hash, n};
	if (n)
		memcpy(t->bytes, value.p, n);
	v->texts[id] = t;
	v->slots[i] = id;
	if (++v->slots_used * 4 > v->slot_count * 3)
		grow_slots(v);
	return id;
}

static void close_slot(struct values *v, size_t hole)
{
	size_t mask = v->slot_count - 1;

	for (size_t i = (hole + 1) & mask; v->slots[i] != NONE; i = (i + 1) & mask) {
		size_t home = v->texts[v->slots[i]]->hash & mask;
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		v->slots[hole] = v->slots[i];
		hole = i;
	}
	v->slots[hole] = NONE;
}

static void release(struct values *v, uint32_t id)
{
	struct text *t = v->texts[id];
	size_t i = t->hash & (v->slot_count - 1);

	if (--t->refs)
		return;
	while (v->slots[i] != id)
		i = (i + 1) & (v->slot_count - 1);
	close_slot(v, i);
	v->slots_used--;
	tally_resize(v->tally, t, text_size(t->n), 0);
	v->texts[id] = NULL;
	v->next_free[id] = v->free;
	v->free = id;
}

/* ---- counts by group and value --------------------------------------------------------------------------------------- */

static size_t pair_home(uint32_t group, uint32_t value, size_t mask)
{
	uint64_t h = ((uint64_t)group << 32 | value) * UINT64_C(0x9E3779B97F4A7C15);
	return (h ^ h >> 32) & mask;
}

static struct pair *find_pair(struct pair *pairs, size_t mask, uint32_t group, uint32_t value)
{
	size_t i = pair_home(group, value, mask);

	while (pairs[i].count && (pairs[i].group != group || pairs[i].value != value))
		i = (i + 1) & mask;
	return &pairs[i];
}

static void grow_pairs(struct values *v)
{
	size_t n = v->pair_count * 2;
	struct pair *pairs = tally_zero(v->tally, n * sizeof *pairs);

	for (size_t i = 0; i < v->pair_count; i++)
		if (v->pairs[i].count)
			*find_pair(pairs, n - 1, v->pairs[i].group, v->pairs[i].value) = v->pairs[i];
	tally_resize(v->tally, v->pairs, v->pair_count * sizeof *pairs, 0);
	v->pairs = pairs;
	v->pair_count = n;
}

static void close_pair(struct values *v, size_t hole)
{
	size_t mask = v->pair_count - 1;

	for (size_t i = (hole + 1) & mask; v->pairs[i].count; i = (i + 1) & mask) {
		size_t home = pair_home(v->pairs[i].group, v->pairs[i].value, mask);
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		v->pairs[hole] = v->pairs[i];
		hole = i;
	}
	v->pairs[hole].count = 0;
}

bool values_add(struct values *v, uint32_t group, struct str value, uint32_t *out_id)
{
	uint32_t id = intern(v, value);
	struct pair *p = find_pair(v->pairs, v->pair_count - 1, group, id);

	*out_id = id;
	if (p->count++)
		return false;
	p->group = group;
	p->value = id;
	if (++v->pairs_used * 4 > v->pair_count * 3)
		grow_pairs(v);
	return true;
}

bool values_remove(struct values *v, uint32_t group, uint32_t id)
{
	struct pair *p = find_pair(v->pairs, v->pair_count - 1, group, id);

	assert(p->count);
	release(v, id);
	if (--p->count)
		return false;
	p->count = 1;		/* in use until it is closed up */
	close_pair(v, (size_t)(p - v->pairs));
	v->pairs_used--;
	return true;
}
