#include "sigma/compile.h"

#include <stdlib.h>
#include <string.h>

/*
 * A group: which of its programs becomes a candidate by which literal or hash, what it wants of each key, and the
 * literal database, which groups with the same literals share.
 */
struct trigger { uint32_t atom, program; };		/* program: number within the group */
struct finder { struct str bytes; uint32_t hit; };	/* a literal and what it says */

struct grouper {
	struct compiler *c;
	uint32_t program;
	VEC(struct trigger) triggers;
	VEC(struct finder) literals;
	VEC(struct image_slot) hashes;
	struct image_group group;
	uint8_t *wants;
	VEC(uint32_t) always;
};

static void take_trigger(void *user, uint32_t atom)
{
	struct grouper *g = user;
	*vec_add(&g->triggers) = (struct trigger){atom, g->program};
}

static int by_trigger(const void *a, const void *b)
{
	const struct trigger *x = a, *y = b;
	if (x->atom != y->atom)
		return x->atom < y->atom ? -1 : 1;
	return x->program < y->program ? -1 : x->program > y->program;
}

static int by_literal(const void *a, const void *b)
{
	const struct finder *x = a, *y = b;
	int order = str_cmp(x->bytes, y->bytes);
	if (order)
		return order;
	return x->hit < y->hit ? -1 : x->hit > y->hit;
}

static int by_hash(const void *a, const void *b)
{
	const struct image_slot *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static uint64_t hook_hash(const struct hook *h, uint32_t key)
{
	if (h->kind == HOOK_EQUAL)
		return hash_equal(h->bytes, key);
	return h->kind == HOOK_BASE ? hash_base(h->bytes, key) : hash_path(h->bytes, key);
}

/* Of these bytes are numbers, times, GUIDs, SIDs and hex made. */
static bool could_be_number(struct str literal)
{
	for (size_t i = 0; i < literal.n; i++)
		if (!memchr("0123456789abcdef{}x-:.tzs\xff", literal.p[i], 26))
			return false;
	return true;
}

static void add_hook(struct grouper *g, const struct image_atom *a, const struct hook *h, struct image_hit hit)
{
	static const uint8_t wants[] = {[HOOK_LITERAL] = WANT_SCAN, [HOOK_EQUAL] = WANT_EQUAL, [HOOK_BASE] = WANT_BASE,
					[HOOK_PATH] = WANT_PATH};
	struct compiler *c = g->c;
	uint32_t number = (uint32_t)c->t.hits.n;
	hit.flags = h->exact ? HIT_EXACT : 0;
	*vec_add(&c->t.hits) = hit;
	g->wants[a->key] |= wants[h->kind];
	if (a->flags & ATOM_KEYWORD && could_be_number(h->bytes))
		g->group.flags |= GROUP_ODD_KEYWORDS;
	if (h->kind == HOOK_LITERAL)
		*vec_add(&g->literals) = (struct finder){h->bytes, number};
	else
		*vec_add(&g->hashes) = (struct image_slot){hook_hash(h, a->key), number, 1};
}

static void add_presence(struct grouper *g, const struct image_atom *a, struct image_hit hit)
{
	struct compiler *c = g->c;
	uint32_t number = (uint32_t)c->t.hits.n;
	hit.flags = a->test == SIGMA_TEST_STRING || a->test == SIGMA_TEST_REGEX ? HIT_ASK : 0;
	*vec_add(&c->t.hits) = hit;
	g->wants[a->key] |= WANT_PRESENT;
	*vec_add(&g->hashes) = (struct image_slot){hash_present(a->key), number, 1};
}

static void note_regex(struct compiler *c, uint32_t atom)
{
	while (c->in_set.n < c->t.atoms.n)
		vec_add(&c->in_set);
	c->in_set.at[atom] = c->t.atoms.at[atom].test == SIGMA_TEST_REGEX;
}

static void add_triggers(struct grouper *g, uint32_t first, uint32_t count)
{
	struct compiler *c = g->c;
	uint32_t atom = g->triggers.at[first].atom;
	struct image_atom a = c->t.atoms.at[atom];
	struct image_hit hit = {.atom = nodes_keep_atom(c, atom), .key = a.key};
	if (a.flags & ATOM_KEYWORD)
		g->group.flags |= GROUP_ALL_VALUES;
	hit.programs = (struct span){(uint32_t)c->t.numbers.n, count};
	for (uint32_t i = 0; i < count; i++)
		*vec_add(&c->t.numbers) = g->triggers.at[first + i].program;
	if (witness_is_presence(c, atom)) {
		add_presence(g, &a, hit);
		note_regex(c, atom);
		return;
	}
	for (uint32_t i = 0; i < a.patterns.n; i++) {
		hit.pattern = c->t.numbers.at[a.patterns.at + i];
		struct hook h = *witness_hook(c, &a, hit.pattern);
		add_hook(g, &a, &h, hit);
	}
}

static void want_keys(struct grouper *g, uint32_t node)
{
	struct compiler *c = g->c;
	struct node n = c->nodes.at[node];
	for (uint32_t i = 0; i < n.children.n; i++)
		want_keys(g, c->children.at[n.children.at + i]);
	if (n.kind != NODE_ATOM)
		return;
	const struct image_atom *a = &c->t.atoms.at[n.atom];
	if (a->test == ATOM_SOURCE)
		return;
	if (a->flags & ATOM_KEYWORD)
		g->group.flags |= GROUP_ALL_VALUES;
	g->wants[a->key] |= WANT_LIST;
	if (a->test == SIGMA_TEST_FIELDREF)
		g->wants[c->t.matches.at[a->extra].other_key] |= WANT_LIST;
}

static void find_triggers(struct grouper *g, struct span programs)
{
	struct compiler *c = g->c;
	for (uint32_t i = 0; i < programs.n; i++) {
		uint32_t node = c->program_nodes.at[c->group_programs.at[programs.at + i]];
		g->program = i;
		want_keys(g, node);
		if (witness_cost(c, node) >= WITNESS_NONE)
			*vec_add(&g->always) = i;
		else
			witness_each(c, node, &(struct witness_visit){take_trigger, g});
	}
	if (g->triggers.n)
		qsort(g->triggers.at, g->triggers.n, sizeof *g->triggers.at, by_trigger);
	size_t kept = 0;
	for (size_t i = 0; i < g->triggers.n; i++)
		if (!kept || by_trigger(&g->triggers.at[kept - 1], &g->triggers.at[i]) != 0)
			g->triggers.at[kept++] = g->triggers.at[i];
	g->triggers.n = kept;
	for (size_t i = 0, n; i < g->triggers.n; i += n) {
		for (n = 1; i + n < g->triggers.n && g->triggers.at[i + n].atom == g->triggers.at[i].atom; n++)
			;
		add_triggers(g, (uint32_t)i, (uint32_t)n);
	}
}

/* Literals in ascending order, each once; its hits one after another. */
static void place_literals(struct grouper *g)
{
	struct compiler *c = g->c;
	g->group.database = IMAGE_NONE;
	if (!g->literals.n)
		return;
	qsort(g->literals.at, g->literals.n, sizeof *g->literals.at, by_literal);
	g->group.literals.at = (uint32_t)c->t.spans.n;
	struct buf packed = {0};
	for (size_t i = 0, n; i < g->literals.n; i += n) {
		struct str bytes = g->literals.at[i].bytes;
		struct span hits = {(uint32_t)c->t.numbers.n, 0};
		for (n = 0; i + n < g->literals.n && str_eq(g->literals.at[i + n].bytes, bytes); n++)
			*vec_add(&c->t.numbers) = g->literals.at[i + n].hit;
		hits.n = (uint32_t)n;
		*vec_add(&c->t.spans) = hits;
		g->group.literals.n++;
		uint32_t size = (uint32_t)bytes.n;
		buf_put(&packed, &size, sizeof size);
		buf_str(&packed, bytes);
	}
	bool fresh;
	uint32_t next = (uint32_t)c->database_keys.n;
	g->group.database = compile_cons(c, c->databases, buf_get(&packed), next, &fresh);
	if (fresh)
		*vec_add(&c->database_keys) = arena_str(c->arena, buf_get(&packed));
	buf_free(&packed);
}

static void place_hashes(struct grouper *g)
{
	struct compiler *c = g->c;
	uint32_t size = 4;
	if (!g->hashes.n)
		return;
	qsort(g->hashes.at, g->hashes.n, sizeof *g->hashes.at, by_hash);
	while (size < g->hashes.n * 2)
		size *= 2;
	g->group.table = (struct span){(uint32_t)c->t.slots.n, size};
	for (uint32_t i = 0; i < size; i++)
		vec_add(&c->t.slots);
	struct image_slot *table = c->t.slots.at + g->group.table.at;
	for (size_t i = 0, n; i < g->hashes.n; i += n) {
		struct image_slot s = {g->hashes.at[i].hash, (uint32_t)c->t.numbers.n, 0};
		for (n = 0; i + n < g->hashes.n && g->hashes.at[i + n].hash == s.hash; n++)
			*vec_add(&c->t.numbers) = g->hashes.at[i + n].at;
		s.n = (uint32_t)n;
		uint32_t at = (uint32_t)s.hash & (size - 1);
		while (table[at].n)
			at = (at + 1) & (size - 1);
		table[at] = s;
	}
}

/* The companion was built before: groups are drafted after theirs. */
static void place_companion(struct grouper *g, uint32_t companion)
{
	struct compiler *c = g->c;
	g->group.companion = companion;
	if (companion == IMAGE_NONE)
		return;
	const struct image_group *o = &c->t.groups.at[companion];
	const uint8_t *wants = c->t.wants.at + o->keys;
	if (o->always.n || o->derived.n || o->flags & GROUP_ALL_VALUES)
		g->group.flags |= GROUP_COMPANION_ALWAYS;
	for (uint32_t k = 1; k <= keys_count(c->set->keys); k++)
		if (wants[k] & WANT_WITNESS)
			g->wants[k] |= WANT_COMPANION;
}

static void place_rest(struct grouper *g, struct span programs)
{
	struct compiler *c = g->c;
	g->group.programs = (struct span){(uint32_t)c->t.numbers.n, programs.n};
	for (uint32_t i = 0; i < programs.n; i++)
		*vec_add(&c->t.numbers) = c->group_programs.at[programs.at + i];
	g->group.always = (struct span){(uint32_t)c->t.numbers.n, (uint32_t)g->always.n};
	for (size_t i = 0; i < g->always.n; i++)
		*vec_add(&c->t.numbers) = g->always.at[i];
	g->group.derived.at = (uint32_t)c->t.numbers.n;
	for (uint32_t i = 0; i < c->set->derived_count; i++)
		if (g->wants[c->set->derived[i].key] & WANT_WITNESS) {
			*vec_add(&c->t.numbers) = i;
			g->group.derived.n++;
		}
	uint32_t keys = keys_count(c->set->keys) + 1;
	g->wants[KEY_NONE] = 0;
	g->group.keys = (uint32_t)c->t.wants.n;
	for (uint32_t i = 0; i < keys; i++)
		*vec_add(&c->t.wants) = g->wants[i];
}

void group_build_all(struct compiler *c)
{
	for (size_t i = 0; i < c->drafts.n; i++) {
		struct grouper g = {.c = c};
		g.wants = mem_alloc(keys_count(c->set->keys) + 1u);
		find_triggers(&g, c->drafts.at[i].programs);
		place_literals(&g);
		place_hashes(&g);
		place_companion(&g, c->drafts.at[i].companion);
		place_rest(&g, c->drafts.at[i].programs);
		*vec_add(&c->t.groups) = g.group;
		free(g.wants);
		vec_free(&g.triggers);
		vec_free(&g.literals);
		vec_free(&g.hashes);
		vec_free(&g.always);
	}
}
