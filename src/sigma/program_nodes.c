#include "sigma/compile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sigma/regex.h"

struct ref compile_text(struct compiler *c, struct str text)
{
	if (!text.p)
		return (struct ref){IMAGE_NONE, 0};
	uint32_t at = map_get(c->texts, text);
	if (at == MAP_NONE) {
		at = (uint32_t)c->t.text.n;
		for (size_t i = 0; i < text.n; i++)
			*vec_add(&c->t.text) = text.p[i];
		map_put(c->texts, arena_str(c->arena, text), at);
	}
	return (struct ref){at, (uint32_t)text.n};
}

uint32_t compile_cons(struct compiler *c, struct map *map, struct str key, uint32_t next, bool *out_new)
{
	uint32_t found = map_get(map, key);
	*out_new = found == MAP_NONE;
	if (!*out_new)
		return found;
	map_put(map, arena_str(c->arena, key), next);
	return next;
}

static void key_u32(struct compiler *c, uint32_t v)
{
	buf_put(&c->key, &v, sizeof v);
}

static void key_text(struct compiler *c, struct str s)
{
	key_u32(c, (uint32_t)s.n);
	buf_str(&c->key, s);
}

/* Patterns. */

static enum pattern_form form_of(const struct sigma_part *p, uint32_t n, struct str *out_text)
{
	*out_text = STR("");
	if (n == 0)
		return PATTERN_EQUAL;
	bool run_first = p[0].kind == SIGMA_PART_RUN, run_last = p[n - 1].kind == SIGMA_PART_RUN;
	uint32_t inner = n - run_first - (run_last && n > 1);
	const struct sigma_part *literal = &p[run_first];
	if (inner != 1 || literal->kind != SIGMA_PART_LITERAL)
		return PATTERN_GLOB;
	*out_text = literal->text;
	if (run_first)
		return run_last ? PATTERN_CONTAINS : PATTERN_ENDS;
	return run_last ? PATTERN_STARTS : PATTERN_EQUAL;
}

static uint32_t pattern_of(struct compiler *c, const struct sigma_match *m)
{
	struct image_pattern p = {0};
	struct str text;
	bool fresh;
	p.form = form_of(m->parts, m->part_count, &text);
	buf_clear(&c->key);
	key_u32(c, p.form);
	for (uint32_t i = 0; i < m->part_count; i++) {
		key_u32(c, m->parts[i].kind);
		key_text(c, m->parts[i].text);
	}
	uint32_t number = compile_cons(c, c->patterns, buf_get(&c->key), (uint32_t)c->t.patterns.n, &fresh);
	if (!fresh)
		return number;
	p.text = compile_text(c, text);
	if (p.form == PATTERN_GLOB) {
		p.parts = (struct span){(uint32_t)c->t.parts.n, m->part_count};
		for (uint32_t i = 0; i < m->part_count; i++)
			*vec_add(&c->t.parts) = (struct image_part){m->parts[i].kind,
								    compile_text(c, m->parts[i].text)};
	}
	*vec_add(&c->t.patterns) = p;
	return number;
}

/* Nodes. */

static uint32_t node_add(struct compiler *c, struct node node, const uint32_t *children)
{
	bool fresh;
	buf_clear(&c->key);
	key_u32(c, node.kind);
	key_u32(c, node.atom);
	buf_put(&c->key, children, node.children.n * sizeof *children);
	uint32_t id = compile_cons(c, c->nodes_by_key, buf_get(&c->key), (uint32_t)c->nodes.n, &fresh);
	if (!fresh)
		return id;
	node.children.at = (uint32_t)c->children.n;
	for (uint32_t i = 0; i < node.children.n; i++)
		*vec_add(&c->children) = children[i];
	*vec_add(&c->nodes) = node;
	return id;
}

static uint32_t node_of_atom(struct compiler *c, uint32_t atom)
{
	return node_add(c, (struct node){.kind = NODE_ATOM, .atom = atom}, NULL);
}

static uint32_t string_atom(struct compiler *c, struct image_atom a, const uint32_t *patterns, uint32_t count)
{
	bool fresh;
	buf_clear(&c->key);
	key_u32(c, a.test);
	key_u32(c, a.flags);
	key_u32(c, a.key);
	buf_put(&c->key, patterns, count * sizeof *patterns);
	uint32_t id = compile_cons(c, c->atoms, buf_get(&c->key), (uint32_t)c->t.atoms.n, &fresh);
	if (!fresh)
		return id;
	a.patterns = (struct span){(uint32_t)c->t.numbers.n, count};
	a.table = a.loose = (struct span){0, 0};
	for (uint32_t i = 0; i < count; i++)
		*vec_add(&c->t.numbers) = patterns[i];
	*vec_add(&c->t.atoms) = a;
	return id;
}

static uint32_t plain_atom(struct compiler *c, struct image_atom a)
{
	bool fresh;
	buf_clear(&c->key);
	key_u32(c, a.test);
	key_u32(c, a.flags);
	key_u32(c, a.key);
	key_u32(c, a.extra);
	uint32_t id = compile_cons(c, c->atoms, buf_get(&c->key), (uint32_t)c->t.atoms.n, &fresh);
	if (fresh)
		*vec_add(&c->t.atoms) = a;
	return id;
}

static uint32_t match_number(struct compiler *c, const struct sigma_match *m)
{
	struct image_match i = {0};
	i.test = m->test;
	i.cased = m->cased;
	i.keyword = m->keyword;
	i.compare = m->compare;
	i.wanted = m->wanted;
	i.other_key = m->other_key;
	i.anchor = m->anchor;
	i.part = m->part;
	i.number = m->number;
	if (m->test == SIGMA_TEST_CIDR) {
		i.bits = m->cidr.bits;
		i.v6 = m->cidr.v6;
		memcpy(i.address, m->cidr.address, sizeof i.address);
	}
	for (uint32_t k = 0; k < c->t.matches.n; k++)
		/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): no padding; unequal zeros only cost a row */
		if (memcmp(&c->t.matches.at[k], &i, sizeof i) == 0)
			return k;
	*vec_add(&c->t.matches) = i;
	return (uint32_t)c->t.matches.n - 1;
}

static uint32_t regex_number(struct compiler *c, const struct sigma_match *m)
{
	bool fresh;
	buf_clear(&c->key);
	key_u32(c, m->re_nocase | m->re_multiline << 1 | m->re_dotall << 2);
	key_text(c, m->pattern);
	uint32_t number = compile_cons(c, c->regexes, buf_get(&c->key), (uint32_t)c->regex_matches.n, &fresh);
	if (fresh)
		*vec_add(&c->regex_matches) = m;
	return number;
}

/* A field that this source can never have. */
static uint32_t absent(const struct sigma_match *m)
{
	bool met = m->test == SIGMA_TEST_NULL || (m->test == SIGMA_TEST_EXISTS && !m->wanted);
	return met ? NODE_ID_TRUE : NODE_ID_FALSE;
}

static uint32_t node_of_match(struct compiler *c, const struct sigma_match *m)
{
	struct image_atom a = {.test = m->test, .key = m->keyword ? KEY_NONE : m->key};
	if (m->keyword)
		a.flags |= ATOM_KEYWORD;
	else if (m->key == KEY_NONE)
		return absent(m);
	if (m->test == SIGMA_TEST_STRING) {
		uint32_t pattern = pattern_of(c, m);
		a.flags |= m->cased ? ATOM_CASED : 0;
		return node_of_atom(c, string_atom(c, a, &pattern, 1));
	}
	if (m->test == SIGMA_TEST_FIELDREF && m->other_key == KEY_NONE)
		return NODE_ID_FALSE;
	a.extra = m->test == SIGMA_TEST_REGEX ? regex_number(c, m) : match_number(c, m);
	return node_of_atom(c, plain_atom(c, a));
}

static uint32_t node_of_source(struct compiler *c, const struct sigma_source *s)
{
	struct image_source i = {.dimension = s->dimension, .strict = s->strict};
	bool by_id = s->dimension == SIGMA_DIM_EVENT_ID;
	i.texts = (struct span){(uint32_t)c->t.refs.n, by_id ? 0 : s->count};
	i.ids = (struct span){(uint32_t)c->t.ids.n, by_id ? s->count : 0};
	buf_clear(&c->key);
	key_u32(c, ATOM_SOURCE);
	key_u32(c, s->dimension);
	key_u32(c, s->strict);
	for (uint32_t k = 0; k < s->count; k++) {
		if (by_id)
			buf_put(&c->key, &s->ids[k], sizeof s->ids[k]);
		else
			key_text(c, s->texts[k]);
	}
	bool fresh;
	uint32_t id = compile_cons(c, c->atoms, buf_get(&c->key), (uint32_t)c->t.atoms.n, &fresh);
	if (!fresh)
		return node_of_atom(c, id);
	for (uint32_t k = 0; k < s->count; k++) {
		if (by_id)
			*vec_add(&c->t.ids) = s->ids[k];
		else
			*vec_add(&c->t.refs) = compile_text(c, s->texts[k]);
	}
	*vec_add(&c->t.atoms) = (struct image_atom){.test = ATOM_SOURCE, .extra = (uint32_t)c->t.sources.n};
	*vec_add(&c->t.sources) = i;
	return node_of_atom(c, id);
}

/* AND and OR in normal form: flat, without constants, ascending; in an OR the string atoms of one key are one atom. */

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static uint32_t sort_unique(uint32_t *v, uint32_t n)
{
	uint32_t kept = 0;
	if (n)
		qsort(v, n, sizeof *v, by_number);
	for (uint32_t i = 0; i < n; i++)
		if (!kept || v[kept - 1] != v[i])
			v[kept++] = v[i];
	return kept;
}

static bool is_string(const struct compiler *c, uint32_t node)
{
	const struct node *n = &c->nodes.at[node];
	return n->kind == NODE_ATOM && c->t.atoms.at[n->atom].test == SIGMA_TEST_STRING;
}

struct list { VEC(uint32_t) v; };

/* One atom of all the string atoms in `from` that ask the same key as the one at [first]; these become FALSE. */
static uint32_t merge_strings(struct compiler *c, struct list *from, size_t first)
{
	struct list patterns = {0};
	struct image_atom a = c->t.atoms.at[c->nodes.at[from->v.at[first]].atom];
	for (size_t i = first; i < from->v.n; i++) {
		if (!is_string(c, from->v.at[i]))
			continue;
		struct image_atom b = c->t.atoms.at[c->nodes.at[from->v.at[i]].atom];
		if (b.key != a.key || b.flags != a.flags)
			continue;
		for (uint32_t k = 0; k < b.patterns.n; k++)
			*vec_add(&patterns.v) = c->t.numbers.at[b.patterns.at + k];
		from->v.at[i] = NODE_ID_FALSE;
	}
	uint32_t count = sort_unique(patterns.v.at, (uint32_t)patterns.v.n);
	uint32_t id = node_of_atom(c, string_atom(c, a, patterns.v.at, count));
	vec_free(&patterns.v);
	return id;
}

static void flatten(struct compiler *c, enum node_kind kind, struct list *out, const struct span children)
{
	for (uint32_t i = 0; i < children.n; i++) {
		uint32_t child = c->children.at[children.at + i];
		assert(c->nodes.at[child].kind != kind);
		*vec_add(&out->v) = child;
	}
}

uint32_t nodes_make(struct compiler *c, enum node_kind kind, const uint32_t *children, uint32_t count)
{
	struct list v = {0};
	uint32_t ends = kind == NODE_AND ? NODE_ID_FALSE : NODE_ID_TRUE, result = ends;
	for (uint32_t i = 0; i < count; i++) {
		if (children[i] == ends)
			goto out;
		if (c->nodes.at[children[i]].kind == kind)
			flatten(c, kind, &v, c->nodes.at[children[i]].children);
		else if (children[i] > NODE_ID_TRUE)
			*vec_add(&v.v) = children[i];
	}
	if (kind == NODE_OR)
		for (size_t i = 0; i < v.v.n; i++)
			if (is_string(c, v.v.at[i])) {
				uint32_t merged = merge_strings(c, &v, i);
				v.v.at[i] = merged;
			}
	uint32_t n = sort_unique(v.v.at, (uint32_t)v.v.n);
	uint32_t skip = n && v.v.at[0] == NODE_ID_FALSE && kind == NODE_OR;
	n -= skip;
	if (n == 0)
		result = kind == NODE_AND ? NODE_ID_TRUE : NODE_ID_FALSE;
	else if (n == 1)
		result = v.v.at[skip];
	else
		result = node_add(c, (struct node){.kind = kind, .children = {0, n}}, v.v.at + skip);
out:
	vec_free(&v.v);
	return result;
}

uint32_t nodes_not(struct compiler *c, uint32_t child)
{
	if (child <= NODE_ID_TRUE)
		return child == NODE_ID_FALSE ? NODE_ID_TRUE : NODE_ID_FALSE;
	if (c->nodes.at[child].kind == NODE_NOT)
		return c->children.at[c->nodes.at[child].children.at];
	return node_add(c, (struct node){.kind = NODE_NOT, .children = {0, 1}}, &child);
}

uint32_t nodes_of_tree(struct compiler *c, const struct sigma_node *tree)
{
	if (!c->nodes.n) {
		node_add(c, (struct node){.kind = NODE_FALSE}, NULL);
		node_add(c, (struct node){.kind = NODE_TRUE}, NULL);
	}
	switch (tree->kind) {
	case SIGMA_NODE_TRUE: return NODE_ID_TRUE;
	case SIGMA_NODE_FALSE: return NODE_ID_FALSE;
	case SIGMA_NODE_MATCH: return node_of_match(c, tree->match);
	case SIGMA_NODE_SOURCE: return node_of_source(c, tree->source);
	case SIGMA_NODE_NOT: return nodes_not(c, nodes_of_tree(c, tree->children[0]));
	case SIGMA_NODE_AND: case SIGMA_NODE_OR: break;
	}
	struct list v = {0};
	for (uint32_t i = 0; i < tree->child_count; i++)
		*vec_add(&v.v) = nodes_of_tree(c, tree->children[i]);
	enum node_kind kind = tree->kind == SIGMA_NODE_AND ? NODE_AND : NODE_OR;
	uint32_t id = nodes_make(c, kind, v.v.at, (uint32_t)v.v.n);
	vec_free(&v.v);
	return id;
}

uint32_t nodes_keep_atom(struct compiler *c, uint32_t atom)
{
	while (c->kept.n < c->t.atoms.n)
		vec_add(&c->kept);
	if (!c->kept.at[atom]) {
		*vec_add(&c->kept_atoms) = atom;
		c->kept.at[atom] = (uint32_t)c->kept_atoms.n;
	}
	return c->kept.at[atom] - 1;
}
