#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"

struct slot {
	struct str key;		/* p == NULL: empty */
	uint32_t hash;
	uint32_t value;
};

struct map {
	struct slot *slots;
	size_t size;		/* a power of two */
	size_t count;
};

struct map *map_new(size_t expected)
{
	struct map *m = mem_alloc(sizeof *m);
	m->size = 16;
	while (m->size < expected * 2)
		m->size *= 2;
	m->slots = mem_alloc(m->size * sizeof *m->slots);
	return m;
}

void map_free(struct map *m)
{
	if (!m)
		return;
	free(m->slots);
	free(m);
}

static struct slot *find(const struct map *m, struct str key, uint32_t hash)
{
	size_t i = hash & (m->size - 1);
	while (m->slots[i].key.p && !(m->slots[i].hash == hash && str_eq(m->slots[i].key, key)))
		i = (i + 1) & (m->size - 1);
	return &m->slots[i];
}

static void grow(struct map *m)
{
	struct map bigger = {.size = m->size * 2, .count = m->count};
	bigger.slots = mem_alloc(bigger.size * sizeof *bigger.slots);
	for (size_t i = 0; i < m->size; i++)
		if (m->slots[i].key.p)
			*find(&bigger, m->slots[i].key, m->slots[i].hash) = m->slots[i];
	free(m->slots);
	*m = bigger;
}

uint32_t map_get(const struct map *m, struct str key)
{
	struct str k = key.p ? key : STR("");
	const struct slot *s = find(m, k, (uint32_t)hash_str(k));
	return s->key.p ? s->value : MAP_NONE;
}

uint32_t map_put(struct map *m, struct str key, uint32_t value)
{
	struct str k = key.p ? key : STR("");
	uint32_t hash = (uint32_t)hash_str(k);
	struct slot *s = find(m, k, hash);
	if (s->key.p)
		return s->value;
	assert(value != MAP_NONE);
	*s = (struct slot){k, hash, value};
	if (++m->count * 2 > m->size)
		grow(m);
	return value;
}

size_t map_count(const struct map *m)
{
	return m->count;
}

void map_clear(struct map *m)
{
	memset(m->slots, 0, m->size * sizeof *m->slots);
	m->count = 0;
}
