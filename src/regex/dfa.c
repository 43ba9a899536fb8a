#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "regex/parts.h"

/*
 * A state is the set of instructions at which the automaton may stand before a character, and what kind of character
 * stood before it. Which assertions hold is only known with the next character, so the empty moves are made then: a
 * transition is (state, class of the next character), to a state or to "it matches". Two classes more than the
 * expression's: an LF that ends the text, and the end.
 */
enum before { BEFORE_TEXT, BEFORE_LF, BEFORE_WORD, BEFORE_OTHER };

enum { TO_UNKNOWN = -1, TO_MATCH = -2, TO_NOTHING = -3 };

struct state {
	uint32_t count;
	uint32_t before;
	uint32_t *insts;	/* ascending */
};

struct machine {
	const struct regex *regex;
	VEC(struct state) states;
	int32_t *to;		/* transitions: a row of symbol_count() for each state; they hold where the next row begins */
	size_t to_cap;		/* rows */
	bool started;		/* first_row, of the state before any text, is there */
	int32_t first_row;
	uint32_t *slots;	/* open hash of state numbers + 1 */
	size_t slot_count;
};

struct regex_cache {
	struct arena *arena;	/* the sets of all machines' states; emptied with them where they grow too large */
	size_t bytes;		/* of all transitions */
	VEC(struct machine) machines;
	uint32_t *slots;	/* by address of the expression: machine number + 1 */
	size_t slot_count;
	uint32_t *seen, *taken;	/* marks by instruction, for the epoch that stands in them */
	uint32_t epoch;
	uint32_t *stack, *next;
	uint32_t inst_cap;
};

struct regex_cache *regex_cache_new(void)
{
	struct regex_cache *c = mem_alloc(sizeof *c);

	c->arena = arena_new(1u << 16);
	return c;
}

static void empty_machine(struct machine *m)
{
	vec_free(&m->states);
	vec_release(m->slots);
	vec_release(m->to);
	m->slots = NULL;
	m->to = NULL;
	m->slot_count = m->to_cap = 0;
	m->started = false;
}

void regex_cache_free(struct regex_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->machines.n; i++)
		empty_machine(&c->machines.at[i]);
	vec_free(&c->machines);
	vec_release(c->slots);
	vec_release(c->seen);
	vec_release(c->taken);
	vec_release(c->stack);
	vec_release(c->next);
	arena_free(c->arena);
	vec_release(c);
}

/* ---- machines by expression ---- */

static size_t machine_slot(const struct regex_cache *c, const struct regex *r)
{
	size_t at = (size_t)((uintptr_t)r * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (c->slot_count - 1);

	while (c->slots[at] && c->machines.at[c->slots[at] - 1].regex != r)
		at = (at + 1) & (c->slot_count - 1);
	return at;
}

static void grow_machines(struct regex_cache *c)
{
	c->slot_count = c->slot_count ? c->slot_count * 2 : 64;
	vec_release(c->slots);
	c->slots = mem_alloc(c->slot_count * sizeof *c->slots);
	for (size_t i = 0; i < c->machines.n; i++)
		c->slots[machine_slot(c, c->machines.at[i].regex)] = (uint32_t)i + 1;
}

static struct machine *machine_of(struct regex_cache *c, const struct regex *r)
{
	if (c->machines.n * 2 >= c->slot_count)
		grow_machines(c);
	size_t at = machine_slot(c, r);
	if (!c->slots[at]) {
		vec_add(&c->machines)->regex = r;
		c->slots[at] = (uint32_t)c->machines.n;
	}
	return &c->machines.at[c->slots[at] - 1];
}

static void make_room(struct regex_cache *c, uint32_t inst_count)
{
	if (inst_count <= c->inst_cap)
		return;
	c->inst_cap = inst_count;
	vec_release(c->seen);
	vec_release(c->taken);
	vec_release(c->stack);
	vec_release(c->next);
	c->seen = mem_alloc(inst_count * sizeof *c->seen);
	c->taken = mem_alloc(inst_count * sizeof *c->taken);
	c->stack = mem_alloc((2 * (size_t)inst_count + 2) * sizeof *c->stack);
	c->next = mem_alloc((inst_count + 1) * sizeof *c->next);
	c->epoch = 0;
}

/* ---- states ---- */

static uint64_t set_hash(const uint32_t *insts, uint32_t count, uint32_t before)
{
	return hash64(insts, count * sizeof *insts, before + 1);
}

static size_t state_slot(const struct machine *m, const uint32_t *insts, uint32_t count, uint32_t before)
{
	size_t at = (size_t)set_hash(insts, count, before) & (m->slot_count - 1);

	for (; m->slots[at]; at = (at + 1) & (m->slot_count - 1)) {
		const struct state *s = &m->states.at[m->slots[at] - 1];
		if (s->count == count && s->before == before && !memcmp(s->insts, insts, count * sizeof *insts))
			break;
	}
	return at;
}

static void grow_states(struct machine *m)
{
	m->slot_count = m->slot_count ? m->slot_count * 2 : 32;
	vec_release(m->slots);
	m->slots = mem_alloc(m->slot_count * sizeof *m->slots);
	for (size_t i = 0; i < m->states.n; i++) {
		const struct state *s = &m->states.at[i];
		m->slots[state_slot(m, s->insts, s->count, s->before)] = (uint32_t)i + 1;
	}
}

static uint32_t symbol_count(const struct regex *r)
{
	return r->class_count + 2;
}

/* A row of unknown transitions for the newest state. */
static void add_row(struct regex_cache *c, struct machine *m)
{
	uint32_t symbols = symbol_count(m->regex);

	if (m->states.n > m->to_cap) {
		size_t old = m->to_cap;
		m->to_cap = old ? old * 2 : 16;
		m->to = mem_resize(m->to, m->to_cap * symbols * sizeof *m->to);
		c->bytes += (m->to_cap - old) * symbols * sizeof *m->to;
	}
	memset(m->to + (m->states.n - 1) * symbols, 0xff, symbols * sizeof *m->to);
}

/* Where that state's row begins; new where the state is. `insts` is ascending. */
static int32_t state_of(struct regex_cache *c, struct machine *m, const uint32_t *insts, uint32_t count, uint32_t before)
{
	if (m->states.n * 2 >= m->slot_count)
		grow_states(m);
	size_t at = state_slot(m, insts, count, before);
	if (!m->slots[at]) {
		struct state *s = vec_add(&m->states);
		s->count = count;
		s->before = before;
		s->insts = arena_alloc(c->arena, (count + 1) * sizeof *insts);
		memcpy(s->insts, insts, count * sizeof *insts);
		m->slots[at] = (uint32_t)m->states.n;
		add_row(c, m);
	}
	return (int32_t)((m->slots[at] - 1) * symbol_count(m->regex));
}

/* ---- one step ---- */

/* What is known of the next character. */
struct ahead { bool end, lf, last_lf, word; uint32_t class; };

static struct ahead look_ahead(const struct regex *r, uint32_t symbol)
{
	struct ahead a = {.class = symbol};
	uint32_t lf = r->ascii['\n'];

	if (symbol == r->class_count) {
		a.last_lf = true;
		a.class = lf;
	}
	a.end = symbol == r->class_count + 1;
	a.lf = !a.end && a.class == lf;
	/* Classes never straddle the borders of these. */
	a.word = !a.end && ((a.class >= r->ascii['0'] && a.class <= r->ascii['9']) ||
			    (a.class >= r->ascii['A'] && a.class <= r->ascii['Z']) || a.class == r->ascii['_'] ||
			    (a.class >= r->ascii['a'] && a.class <= r->ascii['z']));
	return a;
}

static bool holds(uint32_t assertion, uint32_t before, const struct ahead *a)
{
	bool edge = (before == BEFORE_WORD) != a->word;

	switch (assertion) {
	case REGEX_TEXT_BEGIN: return before == BEFORE_TEXT;
	case REGEX_TEXT_END: return a->end;
	case REGEX_TEXT_END_LF: return a->end || a->last_lf;
	case REGEX_LINE_BEGIN: return before == BEFORE_TEXT || (before == BEFORE_LF && !a->end);
	case REGEX_LINE_END: return a->end || a->lf;
	case REGEX_WORD_EDGE: return edge;
	default: return !edge;
	}
}

static uint32_t kind_of(const struct ahead *a)
{
	return a->lf ? BEFORE_LF : a->word ? BEFORE_WORD : BEFORE_OTHER;
}

/* Empty moves from c->stack[0..n); those that the next character takes go to c->next. True where it matches. */
static bool follow(struct regex_cache *c, const struct regex *r, uint32_t n, uint32_t before, const struct ahead *a,
		   uint32_t *out_count)
{
	const struct regex_inst *insts = regex_insts(r);

	while (n > 0) {
		uint32_t at = c->stack[--n];
		if (c->seen[at] == c->epoch)
			continue;
		c->seen[at] = c->epoch;
		const struct regex_inst *i = &insts[at];
		if (i->op == REGEX_OP_MATCH)
			return true;
		if (i->op == REGEX_OP_SPLIT) {
			c->stack[n++] = i->y;
			c->stack[n++] = i->x;
		} else if (i->op == REGEX_OP_ASSERT) {
			if (holds(i->y, before, a))
				c->stack[n++] = i->x;
		} else if (!a->end && (regex_set_bits(r, i->y)[a->class / 32] >> (a->class % 32) & 1) &&
			   c->taken[i->x] != c->epoch) {
			c->taken[i->x] = c->epoch;
			c->next[(*out_count)++] = i->x;
		}
	}
	return false;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

static void new_epoch(struct regex_cache *c)
{
	if (++c->epoch)
		return;
	memset(c->seen, 0, c->inst_cap * sizeof *c->seen);
	memset(c->taken, 0, c->inst_cap * sizeof *c->taken);
	c->epoch = 1;
}

/* Everything is forgotten, in all machines, where together they hold too much. */
static void forget(struct regex_cache *c)
{
	for (size_t i = 0; i < c->machines.n; i++)
		empty_machine(&c->machines.at[i]);
	arena_reset(c->arena);
	c->bytes = 0;
}

/* Where the transition leads: TO_MATCH, TO_NOTHING or a state, which is remembered. */
static int32_t step(struct regex_cache *c, struct machine *m, int32_t from, uint32_t symbol)
{
	const struct regex *r = m->regex;
	struct ahead a = look_ahead(r, symbol);
	const struct state *s = &m->states.at[(uint32_t)from / symbol_count(r)];
	uint32_t count = 0;
	int32_t to;

	new_epoch(c);
	memcpy(c->stack, s->insts, s->count * sizeof *c->stack);
	if (follow(c, r, s->count, s->before, &a, &count)) {
		to = TO_MATCH;
	} else {
		if (!r->anchored && c->taken[r->start] != c->epoch && !a.end)
			c->next[count++] = r->start;
		if (count > 1)
			qsort(c->next, count, sizeof *c->next, by_number);
		if (arena_used(c->arena) + c->bytes > REGEX_CACHE_BYTES) {
			forget(c);
			return state_of(c, m, c->next, count, kind_of(&a));
		}
		to = count ? state_of(c, m, c->next, count, kind_of(&a)) : TO_NOTHING;
	}
	m->to[(uint32_t)from + symbol] = to;
	return to;
}

static uint32_t class_of(const struct regex *r, uint32_t code)
{
	const struct regex_border *b = regex_borders(r);
	size_t low = 0, high = r->range_count;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;
		if (b[mid].first <= code)
			low = mid;
		else
			high = mid;
	}
	return b[low].class;
}

/* Any character, the slow way: not ASCII, or the last. */
static uint32_t next_symbol(const struct regex *r, struct str text, size_t *at)
{
	unsigned char byte = (unsigned char)text.p[*at];
	size_t size;

	if (byte < 128) {
		++*at;
		return byte == '\n' && *at == text.n ? r->class_count : r->ascii[byte];
	}
	uint32_t code = utf8_decode(text.p + *at, text.n - *at, &size);
	*at += size;
	return class_of(r, code);
}

/* Goes on over ASCII where transitions are known, up to `end`; returns the row reached, or TO_MATCH or TO_NOTHING. */
static int32_t run_known(const struct regex *r, const int32_t *table, int32_t row, struct str text, size_t end, size_t *at)
{
	const unsigned char *p = (const unsigned char *)text.p;
	size_t i = *at;

	for (; i < end && p[i] < 128; i++) {
		int32_t to = table[(uint32_t)row + r->ascii[p[i]]];
		if (to < 0) {
			if (to != TO_UNKNOWN)
				row = to;
			break;
		}
		row = to;
	}
	*at = i;
	return row;
}

bool regex_search(const struct regex *r, struct regex_cache *c, struct str text)
{
	make_room(c, r->inst_count);
	struct machine *m = machine_of(c, r);
	if (!m->started)
		m->first_row = state_of(c, m, &r->start, 1, BEFORE_TEXT);
	m->started = true;
	int32_t row = m->first_row;

	for (size_t at = 0; at < text.n;) {
		row = run_known(r, m->to, row, text, text.n - 1, &at);
		if (row < 0)
			return row == TO_MATCH;
		uint32_t symbol = next_symbol(r, text, &at);
		int32_t to = m->to[(uint32_t)row + symbol];
		if (to == TO_UNKNOWN)
			to = step(c, m, row, symbol);
		if (to < 0)
			return to == TO_MATCH;
		row = to;
	}
	uint32_t end = r->class_count + 1;
	int32_t to = m->to[(uint32_t)row + end];
	if (to == TO_UNKNOWN)
		to = step(c, m, row, end);
	return to == TO_MATCH;
}
