#include "event/names.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "event/roles.h"

#define SLOTS_FIRST 64u
#define NAMES_SLOTS_FIRST 1024u

/*
 * Both tables are open addressing with linear probing, at most half full: a slot holds the index + 1 of an entry and the
 * upper half of its hash, so that a miss rarely looks at the text.
 */
struct slot {
	uint32_t hash, index;
};

struct table {
	struct slot *slots;
	uint32_t mask;
};

static void table_make(struct table *t, uint32_t slots)
{
	t->slots = mem_alloc(slots * sizeof *t->slots);
	t->mask = slots - 1;
}

static void table_put(struct table *t, uint32_t hash, uint32_t index)
{
	uint32_t i = hash & t->mask;
	while (t->slots[i].index)
		i = (i + 1) & t->mask;
	t->slots[i] = (struct slot){hash, index};
}

static void table_room(struct table *t, size_t count)
{
	if (count * 2 <= t->mask)
		return;
	struct table bigger;
	table_make(&bigger, (t->mask + 1) * 2);
	for (uint32_t i = 0; i <= t->mask; i++)
		if (t->slots[i].index)
			table_put(&bigger, t->slots[i].hash, t->slots[i].index);
	vec_release(t->slots);
	*t = bigger;
}

struct keys {
	struct arena *arena;
	struct table table;
	VEC(struct str) texts;		/* [0] is unused */
	uint32_t system[4];		/* the keys that mean the system field, or KEY_NONE */
};

static const char *const system_names[4] = {"Channel", "EventID", "Provider_Name", "Computer"};

/* Lowers the ASCII letters of eight bytes at once: adding carries a byte's bit 7 where it is at least 'A' and at most
 * 'Z'; bytes beyond ASCII are left alone. */
static uint64_t lower8(uint64_t v)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t seven = v & (ones * 0x7f);
	uint64_t upper = (seven + ones * (0x80 - 'A')) & ~(seven + ones * (0x7f - 'Z')) & ~v & (ones * 0x80);
	return v | upper >> 2;
}

static uint32_t hash_nocase(struct str s)
{
	uint64_t h = s.n * UINT64_C(0x9E3779B97F4A7C15);
	for (size_t i = 0; i < s.n; i += 8) {
		uint64_t v = 0;
		memcpy(&v, s.p + i, s.n - i < 8 ? s.n - i : 8);
		h = (h ^ lower8(v)) * UINT64_C(0xD6E8FEB86659FD93);
		h ^= h >> 32;
	}
	return (uint32_t)h;
}

struct keys *keys_new(void)
{
	struct keys *k = mem_alloc(sizeof *k);
	k->arena = arena_new(0);
	table_make(&k->table, SLOTS_FIRST);
	*vec_add(&k->texts) = STR("");
	return k;
}

void keys_free(struct keys *k)
{
	if (!k)
		return;
	vec_free(&k->texts);
	vec_release(k->table.slots);
	arena_free(k->arena);
	vec_release(k);
}

static uint32_t find_hashed(const struct keys *k, struct str name, uint32_t hash)
{
	const struct table *t = &k->table;
	for (uint32_t i = hash & t->mask; t->slots[i].index; i = (i + 1) & t->mask)
		if (t->slots[i].hash == hash && str_eq_nocase(k->texts.at[t->slots[i].index], name))
			return t->slots[i].index;
	return KEY_NONE;
}

uint32_t keys_find(const struct keys *k, struct str name)
{
	return find_hashed(k, name, hash_nocase(name));
}

uint32_t keys_add(struct keys *k, struct str name)
{
	uint32_t hash = hash_nocase(name), key = find_hashed(k, name, hash);
	if (key != KEY_NONE)
		return key;
	key = (uint32_t)k->texts.n;
	*vec_add(&k->texts) = arena_str(k->arena, name);
	table_room(&k->table, k->texts.n);
	table_put(&k->table, hash, key);
	for (size_t i = 0; i < 4; i++)
		if (str_eq_nocase(name, str_c(system_names[i])))
			k->system[i] = key;
	return key;
}

struct str keys_text(const struct keys *k, uint32_t key)
{
	assert(key < k->texts.n);
	return k->texts.at[key];
}

uint32_t keys_count(const struct keys *k)
{
	return (uint32_t)k->texts.n - 1;
}

bool keys_means_system(const struct keys *k, uint32_t key)
{
	return key != KEY_NONE &&
		(key == k->system[0] || key == k->system[1] || key == k->system[2] || key == k->system[3]);
}

struct name {
	struct str text;
	uint32_t key;
	uint8_t role;
};

struct names {
	const struct keys *keys;
	struct arena *arena;
	struct table table;
	VEC(struct name) list;
	uint32_t epoch;
	uint32_t fixed[NAMES_SLOTS];	/* name + 1, or 0 */
};

struct names *names_new(const struct keys *keys)
{
	struct names *n = mem_alloc(sizeof *n);
	n->keys = keys;
	n->arena = arena_new(0);
	table_make(&n->table, NAMES_SLOTS_FIRST);
	return n;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	vec_free(&n->list);
	vec_release(n->table.slots);
	arena_free(n->arena);
	vec_release(n);
}

/* The table's size stays within a small factor of NAMES_KEEP: what one hostile batch blew up is given back. */
void names_begin_batch(struct names *n)
{
	if (n->list.n <= NAMES_KEEP)
		return;
	n->epoch++;
	memset(n->fixed, 0, sizeof n->fixed);
	vec_free(&n->list);
	vec_release(n->table.slots);
	table_make(&n->table, NAMES_SLOTS_FIRST);
	arena_reset(n->arena);
}

uint32_t names_epoch(const struct names *n)
{
	return n->epoch;
}

uint32_t names_intern(struct names *n, struct str spelling)
{
	uint32_t hash = (uint32_t)hash_str(spelling);
	const struct table *t = &n->table;
	for (uint32_t i = hash & t->mask; t->slots[i].index; i = (i + 1) & t->mask)
		if (t->slots[i].hash == hash && str_eq(n->list.at[t->slots[i].index - 1].text, spelling))
			return t->slots[i].index - 1;
	uint32_t key = n->keys ? keys_find(n->keys, spelling) : KEY_NONE;
	*vec_add(&n->list) = (struct name){arena_str(n->arena, spelling), key, role_of(spelling)};
	table_room(&n->table, n->list.n);
	table_put(&n->table, hash, (uint32_t)n->list.n);
	return (uint32_t)n->list.n - 1;
}

uint32_t names_fixed(struct names *n, uint32_t slot, struct str spelling)
{
	assert(slot < NAMES_SLOTS);
	if (!n->fixed[slot])
		n->fixed[slot] = names_intern(n, spelling) + 1;
	return n->fixed[slot] - 1;
}

struct str names_text(const struct names *n, uint32_t name)
{
	assert(name < n->list.n);
	return n->list.at[name].text;
}

uint32_t names_key(const struct names *n, uint32_t name)
{
	assert(name < n->list.n);
	return n->list.at[name].key;
}

uint8_t names_role(const struct names *n, uint32_t name)
{
	assert(name < n->list.n);
	return n->list.at[name].role;
}

const struct keys *names_keys(const struct names *n)
{
	return n->keys;
}
