#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "regex/parts.h"

/* Tree to automaton, from its end to its beginning: emit() gives the instruction at which a node starts, knowing where it
 * goes on. */
struct emitter {
	struct arena *arena;
	VEC(struct regex_inst) insts;
	bool full;
};

static uint32_t add_inst(struct emitter *m, enum regex_op op, uint32_t x, uint32_t y)
{
	if (m->insts.n >= REGEX_INSTS_MAX) {
		m->full = true;
		return 0;
	}
	*vec_add(&m->insts) = (struct regex_inst){op, x, y};
	return (uint32_t)m->insts.n - 1;
}

static uint32_t emit(struct emitter *m, const struct regex_node *n, uint32_t next);

static uint32_t emit_sequence(struct emitter *m, const struct regex_node *first, uint32_t next)
{
	const struct regex_node **all;
	size_t count = 0;

	for (const struct regex_node *n = first; n; n = n->next)
		count++;
	all = arena_alloc(m->arena, (count + 1) * sizeof *all);
	count = 0;
	for (const struct regex_node *n = first; n; n = n->next)
		all[count++] = n;
	while (count > 0)
		next = emit(m, all[--count], next);
	return next;
}

static uint32_t emit_choice(struct emitter *m, const struct regex_node *first, uint32_t next)
{
	uint32_t start = emit(m, first, next);

	for (const struct regex_node *n = first->next; n; n = n->next)
		start = add_inst(m, REGEX_OP_SPLIT, emit(m, n, next), start);
	return start;
}

static uint32_t emit_repeat(struct emitter *m, const struct regex_node *n, uint32_t next)
{
	uint32_t at = next;

	if (n->max == UINT32_MAX) {
		at = add_inst(m, REGEX_OP_SPLIT, next, next);
		uint32_t body = emit(m, n->child, at);
		if (!m->full)
			m->insts.at[at].x = body;
	}
	for (uint32_t i = n->min; n->max != UINT32_MAX && i < n->max && !m->full; i++) {
		size_t before = m->insts.n;
		uint32_t body = emit(m, n->child, at);
		if (m->insts.n == before)
			break;		/* nothing to repeat but the empty text */
		at = add_inst(m, REGEX_OP_SPLIT, body, next);
	}
	for (uint32_t i = 0; i < n->min && !m->full; i++) {
		size_t before = m->insts.n;
		at = emit(m, n->child, at);
		if (m->insts.n == before)
			break;
	}
	return at;
}

static uint32_t emit(struct emitter *m, const struct regex_node *n, uint32_t next)
{
	if (m->full)
		return 0;
	switch (n->kind) {
	case REGEX_EMPTY: return next;
	case REGEX_SET: return add_inst(m, REGEX_OP_SET, next, n->set);
	case REGEX_CAT: return emit_sequence(m, n->child, next);
	case REGEX_ALT: return emit_choice(m, n->child, next);
	case REGEX_REPEAT: return emit_repeat(m, n, next);
	case REGEX_ASSERT: return add_inst(m, REGEX_OP_ASSERT, next, (uint32_t)n->assert);
	}
	assert(!"node");
	return next;
}

/* Can every match only begin where the text begins? */
static bool is_anchored(const struct regex_node *n)
{
	if (n->kind == REGEX_ASSERT)
		return n->assert == REGEX_TEXT_BEGIN;
	if (n->kind == REGEX_CAT)
		return n->child && is_anchored(n->child);
	if (n->kind == REGEX_REPEAT)
		return n->min > 0 && is_anchored(n->child);
	if (n->kind != REGEX_ALT)
		return false;
	for (const struct regex_node *c = n->child; c; c = c->next)
		if (!is_anchored(c))
			return false;
	return true;
}

/* ---- classes of code points ---- */

typedef VEC(uint32_t) code_points;

static int by_number(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

/* Where a class may begin: at each end of each set, around LF and words, and at 128. */
static void find_borders(const struct regex_parser *p, code_points *out)
{
	static const uint32_t always[] = {0, '\n', '\n' + 1, '0', '9' + 1, 'A', 'Z' + 1, '_', '_' + 1, 'a', 'z' + 1, 128};
	size_t n = 0;

	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		*vec_add(out) = always[i];
	for (size_t i = 0; i < p->sets.n; i++)
		for (size_t k = 0; k < p->sets.at[i].n; k++) {
			*vec_add(out) = p->sets.at[i].at[k].first;
			*vec_add(out) = p->sets.at[i].at[k].last + 1;
		}
	qsort(out->at, out->n, sizeof *out->at, by_number);
	for (size_t i = 0; i < out->n; i++)
		if (out->at[i] <= REGEX_CODE_MAX && (n == 0 || out->at[n - 1] != out->at[i]))
			out->at[n++] = out->at[i];
	out->n = n;
}

static bool set_has(const struct regex_set *s, uint32_t code)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		if (code > s->at[mid].last)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->n && code >= s->at[low].first;
}

static void put_sets(const struct regex_parser *p, const code_points *borders, uint32_t words, struct buf *out)
{
	for (size_t i = 0; i < p->sets.n; i++)
		for (uint32_t w = 0; w < words; w++) {
			uint32_t bits = 0;
			for (uint32_t b = 0; b < 32 && w * 32 + b < borders->n; b++)
				bits |= (uint32_t)set_has(&p->sets.at[i], borders->at[w * 32 + b]) << b;
			buf_put(out, &bits, sizeof bits);
		}
}

static void put_block(const struct regex_parser *p, const struct emitter *m, struct regex r, struct buf *out)
{
	code_points borders = {0};
	size_t begin = out->n, ascii_borders = 0;

	find_borders(p, &borders);
	while (ascii_borders < borders.n && borders.at[ascii_borders] < 128)
		ascii_borders++;
	r.class_count = (uint32_t)borders.n;
	r.range_count = (uint32_t)(borders.n - ascii_borders);
	for (uint32_t c = 0, class = 0; c < 128; c++) {
		while (class + 1 < borders.n && borders.at[class + 1] <= c)
			class++;
		r.ascii[c] = (uint16_t)class;
	}
	buf_put(out, &r, sizeof r);
	buf_put(out, m->insts.at, m->insts.n * sizeof *m->insts.at);
	for (size_t i = ascii_borders; i < borders.n; i++) {
		struct regex_border b = {borders.at[i], (uint32_t)i};
		buf_put(out, &b, sizeof b);
	}
	put_sets(p, &borders, regex_set_words(&r), out);
	r.bytes = (uint32_t)(out->n - begin);
	memcpy(out->p + begin, &r, sizeof r);
	vec_free(&borders);
}

#define BORDERS_MAX 20000u	/* ends of ranges in all sets */

static int compile_tree(const struct regex_parser *p, const struct regex_node *tree, struct buf *out, struct buf *why)
{
	struct emitter m = {.arena = p->arena};
	struct regex r = {.set_count = (uint32_t)p->sets.n, .anchored = is_anchored(tree)};
	size_t ranges = 0;
	int rc = 0;

	for (size_t i = 0; i < p->sets.n; i++)
		ranges += p->sets.at[i].n;
	r.start = emit(&m, tree, add_inst(&m, REGEX_OP_MATCH, 0, 0));
	r.inst_count = (uint32_t)m.insts.n;
	/* Bits of the sets: sets x classes. */
	if (m.full || ranges > BORDERS_MAX || p->sets.n * (ranges * 2 + 12) > (64u << 20)) {
		buf_text(why, "the regular expression is too large");
		rc = ERR_LIMIT;
	} else {
		put_block(p, &m, r, out);
	}
	vec_free(&m.insts);
	return rc;
}

/* The trees of all patterns as one choice; they share sets and arena. NULL with p->error. */
static struct regex_node *parse_all(struct regex_parser *p, const struct regex_pattern *patterns, size_t n)
{
	struct regex_node *any = ARENA_NEW(p->arena, struct regex_node), **last = &any->child;

	any->kind = REGEX_ALT;
	for (size_t i = 0; i < n && !p->error; i++) {
		p->text = patterns[i].text;
		p->flags = patterns[i].flags;
		p->extended = false;
		p->at = 0;
		if (p->text.n > REGEX_PATTERN_MAX) {
			buf_printf(p->why, "a regular expression may have %u bytes", REGEX_PATTERN_MAX);
			p->error = ERR_LIMIT;
		} else if ((*last = regex_parse(p))) {
			last = &(*last)->next;
		}
	}
	return p->error ? NULL : any;
}

int regex_compile_any(const struct regex_pattern *patterns, size_t n, struct buf *out, struct buf *why, size_t *out_at)
{
	struct regex_parser p = {.arena = arena_new(0), .why = why};
	const struct regex_node *tree = parse_all(&p, patterns, n);
	int rc = tree ? compile_tree(&p, tree, out, why) : p.error;

	assert(n > 0);
	*out_at = p.error_at;
	vec_free(&p.sets);
	arena_free(p.arena);
	return rc;
}

int regex_compile(struct str pattern, struct regex_flags flags, struct buf *out, struct buf *why, size_t *out_at)
{
	struct regex_pattern one = {pattern, flags};

	return regex_compile_any(&one, 1, out, why, out_at);
}

bool regex_is_sound(const void *block, size_t n)
{
	const struct regex *r = block;
	uint64_t need = sizeof *r;

	if (n < sizeof *r || r->bytes > n || r->inst_count == 0 || r->inst_count > REGEX_INSTS_MAX || r->start >= r->inst_count ||
	    r->class_count == 0 || r->class_count > 65000 || r->range_count == 0 || r->range_count > r->class_count)
		return false;
	need += (uint64_t)r->inst_count * sizeof(struct regex_inst) + (uint64_t)r->range_count * sizeof(struct regex_border);
	need += (uint64_t)r->set_count * regex_set_words(r) * sizeof(uint32_t);
	if (need != r->bytes)
		return false;
	for (uint32_t i = 0; i < r->inst_count; i++) {
		const struct regex_inst *inst = &regex_insts(r)[i];
		if (inst->op > REGEX_OP_MATCH || inst->x >= r->inst_count ||
		    (inst->op == REGEX_OP_SPLIT && inst->y >= r->inst_count) ||
		    (inst->op == REGEX_OP_SET && inst->y >= r->set_count))
			return false;
	}
	for (uint32_t i = 0; i < r->range_count; i++)
		if (regex_borders(r)[i].class >= r->class_count)
			return false;
	for (uint32_t i = 0; i < 128; i++)
		if (r->ascii[i] >= r->class_count)
			return false;
	return regex_borders(r)[0].first == 128;
}
