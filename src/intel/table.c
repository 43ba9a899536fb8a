#include "intel/parts.h"

#include "base/hash.h"

#include <string.h>

#define CHAIN_MAX 256u		/* entries of one key */

uint64_t intel_hash(enum intel_type type, uint8_t prefix, const char *key, size_t n)
{
	return hash64(key, n, (uint64_t)type << 8 | prefix);
}

static uint64_t bloom_bits(uint64_t h)
{
	return UINT64_C(1) << (h & 63) | UINT64_C(1) << (h >> 6 & 63) | UINT64_C(1) << (h >> 12 & 63);
}

static bool same_key(const struct intel_entry *e, enum intel_type type, uint8_t prefix, struct str key)
{
	char own[KEY_MAX];
	uint8_t bits;
	size_t n;

	if (e->type != type || e->prefix != prefix)
		return false;
	n = intel_key(type, str_n(e->text, e->n), own, &bits);
	return str_eq(str_n(own, n), key);
}

static struct intel_slot *slot_of(const struct intel *set, enum intel_type type, uint8_t prefix, struct str key, uint64_t h)
{
	size_t i = (size_t)(h >> 18) & set->slot_mask;

	for (;; i = (i + 1) & set->slot_mask) {
		struct intel_slot *s = &set->slots[i];

		if (s->entry == NONE || (s->hash == (uint32_t)h && same_key(&set->entries.at[s->entry], type, prefix, key)))
			return s;
	}
}

uint32_t intel_find(const struct intel *set, enum intel_type type, uint8_t prefix, const char *key, size_t n)
{
	uint64_t h = intel_hash(type, prefix, key, n), bits = bloom_bits(h);

	if ((set->bloom[h >> 20 & set->bloom_mask] & bits) != bits)
		return NONE;
	return slot_of(set, type, prefix, str_n(key, n), h)->entry;
}

/* --- building --- */

static void allocate(struct intel *set)
{
	size_t slots = 16, words = 16;

	while (slots < 2 * set->entries.n)
		slots *= 2;
	while (words < set->entries.n / 4)
		words *= 2;
	set->slots = mem_alloc(slots * sizeof *set->slots);
	set->slot_mask = slots - 1;
	set->bloom = mem_alloc(words * sizeof *set->bloom);
	set->bloom_mask = words - 1;
	for (size_t i = 0; i < slots; i++)
		set->slots[i].entry = NONE;
}

static bool is_duplicate(const struct intel *set, const struct intel_entry *a, const struct intel_entry *b)
{
	const struct intel_origin *x, *y;

	if ((a->flags | b->flags) & ENTRY_LEAF || a->flags != b->flags)
		return false;
	x = &set->origins.at[a->origin];
	y = &set->origins.at[b->origin];
	return x->from == y->from && x->until == y->until && x->level >= y->level;
}

/* Behind the head of its chain. False where it says nothing new. */
static bool chain(struct intel *set, uint32_t head, uint32_t i)
{
	struct intel_entry *e = &set->entries.at[i];
	unsigned length = 0;

	for (uint32_t at = head; at != NONE; at = set->entries.at[at].next) {
		if (is_duplicate(set, &set->entries.at[at], e) || ++length == CHAIN_MAX)
			return false;
	}
	e->next = set->entries.at[head].next;
	set->entries.at[head].next = i;
	return true;
}

static void add_tail(struct intel *set, struct str label, uint8_t kind)
{
	set->tails[intel_tail_slot(label.p, label.n)] |= kind;
	set->dotted = true;
}

static void note_url(struct intel *set, struct str key)
{
	struct str host = intel_url_host(key), label = intel_tail(host);
	uint8_t address[4];

	set->has_url = true;
	if (intel_parse_v4(host, address))
		set->has_url_address = true;
	else if (label.p && host.p[0] != '[')
		add_tail(set, label, TAIL_URL);
	else
		set->has_url_bare = true;
}

static void note_file(struct intel *set, struct str key, uint8_t kind)
{
	struct str label = intel_tail(key);
	size_t at = key.n;
	char name[16] = {0};
	uint32_t slot;

	while (at && key.p[at - 1] != '/')
		at--;
	memcpy(name, key.p + at, key.n - at < 8 ? key.n - at : 8);
	slot = intel_name_slot(name, key.n - at);
	if (kind == TAIL_PATH)
		set->path_names[slot / 64] |= UINT64_C(1) << slot % 64;
	if (label.p)
		add_tail(set, label, kind);
	else if (kind == TAIL_NAME)
		set->has_bare_name = true;
	else
		set->has_bare_path = true;
}

static void note_length(struct intel *set, size_t n)
{
	set->agent_lengths[n / 64 % 16] |= UINT64_C(1) << n % 64;
	set->has_agent = true;
}

/* What the matcher needs to know to pass over most of what it sees. */
static void note(struct intel *set, const struct intel_entry *e, struct str key)
{
	switch ((enum intel_type)e->type) {
	case INTEL_IPV4:
		set->has_v4 = true;
		set->v4_lengths |= UINT64_C(1) << e->prefix;
		break;
	case INTEL_IPV6:
		set->has_v6 = true;
		set->v6_lengths[e->prefix / 64] |= UINT64_C(1) << e->prefix % 64;
		break;
	case INTEL_DOMAIN:
		add_tail(set, intel_tail(key), TAIL_HOST);
		break;
	case INTEL_EMAIL:
		add_tail(set, intel_tail(key), TAIL_EMAIL);
		break;
	case INTEL_URL:
		note_url(set, key);
		break;
	case INTEL_FILE_NAME:
		note_file(set, key, TAIL_NAME);
		break;
	case INTEL_FILE_PATH:
		note_file(set, key, TAIL_PATH);
		break;
	case INTEL_REGISTRY_KEY:
		set->has_registry = true;
		break;
	case INTEL_MUTEX:
		set->has_mutex = true;
		break;
	case INTEL_USER_AGENT:
		note_length(set, key.n);
		break;
	default:
		set->has_hash = true;
	}
}

static void refuse_leaf(struct intel *set, const struct intel_entry *e)
{
	struct intel_group *g = &set->groups.at[e->origin];
	struct intel_context c = {.set = set, .file = set->origins.at[g->origin].file};

	if (g->count)
		intel_pass(&c, "too-many-of-one", "more than 256 patterns ask for the same value", g->text);
	g->count = 0;
}

/* True where it is in the tables. */
static bool insert(struct intel *set, uint32_t i)
{
	struct intel_entry *e = &set->entries.at[i];
	char key[KEY_MAX];
	uint8_t prefix;
	size_t n = intel_key((enum intel_type)e->type, str_n(e->text, e->n), key, &prefix);
	uint64_t h = intel_hash((enum intel_type)e->type, prefix, key, n);
	struct intel_slot *s = slot_of(set, (enum intel_type)e->type, prefix, str_n(key, n), h);

	if (s->entry != NONE) {
		if (chain(set, s->entry, i))
			return true;
		if (e->flags & ENTRY_LEAF)
			refuse_leaf(set, e);
		return false;
	}
	*s = (struct intel_slot){(uint32_t)h, i};
	set->bloom[h >> 20 & set->bloom_mask] |= bloom_bits(h);
	note(set, e, str_n(key, n));
	return true;
}

static bool is_over(const struct intel *set, uint32_t origin)
{
	int64_t until = set->origins.at[origin].until;

	return until != TICKS_NONE && until <= set->now;
}

void intel_build(struct intel *set)
{
	allocate(set);
	for (size_t i = 0; i < set->entries.n; i++) {
		const struct intel_entry *e = &set->entries.at[i];
		bool added = insert(set, (uint32_t)i), leaf = e->flags & ENTRY_LEAF;

		set->counts.duplicates += !added && !leaf;
		set->counts.loaded[e->type] += added && !leaf;
		if (added && !leaf)
			set->counts.expired_now += is_over(set, e->origin);
	}
	for (size_t i = 0; i < set->groups.n; i++) {
		bool usable = set->groups.at[i].count > 0;

		set->counts.loaded[INTEL_PATTERN] += usable;
		set->counts.expired_now += usable && is_over(set, set->groups.at[i].origin);
	}
	set->dotted = set->dotted || set->has_v4 || set->has_url_address;
}
