#include "sigma/compile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * What is known of an event's source before its data is looked at picks a group of programs. Each dimension is a named
 * value, OTHER (known, but named by no rule), ABSENT (the event does not say) or OPEN (nothing may be concluded). A group
 * with more dimensions open has all the programs of the others, so that it may always stand in; source questions that
 * stay open are asked of the event itself. Past GROUPS_MAX nothing is refined any more.
 *
 * (product, service, category) is a class; classes of a product alone are refined by channel, and those by event id.
 * Channel and event id are open where the event does not say, the provider always.
 */
#define GROUPS_MAX 16384u
#define GROUP_OPEN 0u		/* the group of all programs: of the first class, of which nothing is known */

enum truth { IS_FALSE, IS_TRUE, IS_OPEN };
enum id_known { ID_UNKNOWN, ID_ABSENT, ID_OTHER, ID_IS };

struct known {
	uint32_t value[SIGMA_DIMS];	/* numbers of values, up to the channel */
	enum id_known id_known;
	int64_t id;
};

struct router {
	struct compiler *c;
	struct known known;
	VEC(uint64_t) memo;		/* by node: round in the upper half, result in the lower */
	uint32_t round;
};

/* Values. */

static void name_value(struct compiler *c, enum sigma_dimension d, struct str text)
{
	bool prefix = d == SIGMA_DIM_CHANNEL && text.n && text.p[text.n - 1] == '*', fresh;
	uint32_t next = VALUE_NAMED + (uint32_t)map_count(c->values[d]);
	compile_cons(c, c->values[d], text, next, &fresh);
	if (!fresh)
		return;
	*vec_add(&c->t.values) = (struct image_value){d, next, prefix, compile_text(c, text)};
}

static struct str source_text(const struct compiler *c, const struct image_source *s, uint32_t i)
{
	struct ref r = c->t.refs.at[s->texts.at + i];
	return r.at == IMAGE_NONE ? STR("") : (struct str){c->t.text.at + r.at, r.n};
}

static void name_values(struct compiler *c)
{
	for (size_t i = 0; i < c->t.sources.n; i++) {
		struct image_source s = c->t.sources.at[i];
		if (s.dimension >= SIGMA_DIM_PROVIDER)
			continue;
		for (uint32_t k = 0; k < s.texts.n; k++)
			name_value(c, s.dimension, source_text(c, &s, k));
	}
}

/* Is every channel that `value` stands for named by `text`? `value` may end in '*' too. */
static bool text_covers(struct str text, struct str value)
{
	if (text.n && text.p[text.n - 1] == '*')
		return str_starts(value, str_head(text, text.n - 1));
	return str_eq(text, value);
}

static struct str value_text_of(const struct compiler *c, enum sigma_dimension d, uint32_t number)
{
	for (size_t i = 0; i < c->t.values.n; i++)
		if (c->t.values.at[i].dimension == d && c->t.values.at[i].number == number)
			return (struct str){c->t.text.at + c->t.values.at[i].text.at, c->t.values.at[i].text.n};
	assert(!"a value without a text");
	return STR_NONE;
}

static enum truth source_truth(const struct router *r, const struct image_source *s)
{
	if (s->dimension == SIGMA_DIM_PROVIDER)
		return IS_OPEN;
	if (s->dimension == SIGMA_DIM_EVENT_ID) {
		if (r->known.id_known == ID_UNKNOWN)
			return IS_OPEN;
		if (r->known.id_known == ID_ABSENT)
			return s->strict ? IS_FALSE : IS_TRUE;
		if (r->known.id_known == ID_OTHER)
			return IS_FALSE;
		for (uint32_t i = 0; i < s->ids.n; i++)
			if (r->c->t.ids.at[s->ids.at + i] == r->known.id)
				return IS_TRUE;
		return IS_FALSE;
	}
	uint32_t value = r->known.value[s->dimension];
	if (value == VALUE_OPEN)
		return IS_OPEN;
	if (value == VALUE_ABSENT)
		return s->strict ? IS_FALSE : IS_TRUE;
	if (value == VALUE_OTHER)
		return IS_FALSE;
	struct str text = value_text_of(r->c, s->dimension, value);
	for (uint32_t i = 0; i < s->texts.n; i++)
		if (s->dimension == SIGMA_DIM_CHANNEL ? text_covers(source_text(r->c, s, i), text)
						      : str_eq(source_text(r->c, s, i), text))
			return IS_TRUE;
	return IS_FALSE;
}

static struct str pattern_text(const struct compiler *c, uint32_t pattern)
{
	struct ref t = c->t.patterns.at[pattern].text;
	return (struct str){c->t.text.at + t.at, t.n};
}

/* A test of the field EventID; the matcher has made sure that the field says what the event's source says. */
static enum truth id_truth(const struct router *r, const struct image_atom *a)
{
	if (r->known.id_known == ID_UNKNOWN || r->known.id_known == ID_ABSENT)
		return IS_OPEN;
	struct buf id = {0};
	enum truth truth = IS_FALSE;
	if (r->known.id_known == ID_IS)
		buf_i64(&id, r->known.id);
	for (uint32_t i = 0; i < a->patterns.n && truth == IS_FALSE; i++) {
		uint32_t pattern = r->c->t.numbers.at[a->patterns.at + i];
		if (r->c->t.patterns.at[pattern].form != PATTERN_EQUAL)
			truth = IS_OPEN;
		else if (r->known.id_known == ID_IS && str_eq(pattern_text(r->c, pattern), buf_get(&id)))
			truth = IS_TRUE;
	}
	buf_free(&id);
	return truth;
}

static bool is_id_atom(const struct compiler *c, const struct image_atom *a)
{
	return a->test == SIGMA_TEST_STRING && a->key == c->event_id_key && a->key != KEY_NONE;
}

static enum truth atom_truth(const struct router *r, uint32_t atom)
{
	const struct image_atom *a = &r->c->t.atoms.at[atom];
	if (a->test == ATOM_SOURCE)
		return source_truth(r, &r->c->t.sources.at[a->extra]);
	return is_id_atom(r->c, a) ? id_truth(r, a) : IS_OPEN;
}

/* What is left of a node when the known facts are filled in. */

static uint32_t residual(struct router *r, uint32_t node);

static uint32_t residual_of(struct router *r, uint32_t node)
{
	struct compiler *c = r->c;
	struct node n = c->nodes.at[node];
	if (n.kind == NODE_ATOM) {
		enum truth t = atom_truth(r, n.atom);
		return t == IS_OPEN ? node : t == IS_TRUE ? NODE_ID_TRUE : NODE_ID_FALSE;
	}
	if (n.kind == NODE_NOT)
		return nodes_not(c, residual(r, c->children.at[n.children.at]));
	VEC(uint32_t) v = {0};
	uint32_t ends = n.kind == NODE_AND ? NODE_ID_FALSE : NODE_ID_TRUE, result = node;
	bool changed = false;
	for (uint32_t i = 0; i < n.children.n; i++) {
		uint32_t child = c->children.at[n.children.at + i];
		*vec_add(&v) = residual(r, child);
		changed |= v.at[i] != child;
		if (v.at[i] == ends)
			break;
	}
	if (changed)
		result = nodes_make(c, n.kind, v.at, (uint32_t)v.n);
	vec_free(&v);
	return result;
}

static uint32_t residual(struct router *r, uint32_t node)
{
	if (node <= NODE_ID_TRUE)
		return node;
	while (r->memo.n < r->c->nodes.n)
		vec_add(&r->memo);
	if (r->memo.at[node] >> 32 == r->round)
		return (uint32_t)r->memo.at[node];
	uint32_t left = residual_of(r, node);
	while (r->memo.n < r->c->nodes.n)
		vec_add(&r->memo);
	r->memo.at[node] = (uint64_t)r->round << 32 | left;
	return left;
}

/* Sources first: most variants end at the first conflict. */
static struct survivors survive(struct router *r, const struct survivors *from)
{
	struct survivors left = {0};
	r->round++;
	for (size_t i = 0; i < from->list.n; i++) {
		struct survivor s = from->list.at[i];
		s.node = residual(r, s.node);
		if (s.node != NODE_ID_FALSE)
			*vec_add(&left.list) = s;
	}
	return left;
}

static struct str survivors_key(struct compiler *c, const struct survivors *s)
{
	buf_clear(&c->key);
	for (size_t i = 0; i < s->list.n; i++) {
		uint32_t rule = c->set->variants[s->list.at[i].variant].rule_index;
		buf_put(&c->key, &rule, sizeof rule);
		buf_put(&c->key, &s->list.at[i].node, sizeof s->list.at[i].node);
	}
	return buf_get(&c->key);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static uint32_t group_of_all(struct router *r, const struct survivors *s, uint32_t companion)
{
	struct compiler *c = r->c;
	bool fresh;
	survivors_key(c, s);
	buf_put(&c->key, &companion, sizeof companion);
	uint32_t group = compile_cons(c, c->groups, buf_get(&c->key), (uint32_t)c->drafts.n, &fresh);
	if (!fresh)
		return group;
	struct draft_group g = {{(uint32_t)c->group_programs.n, 0}, companion};
	for (size_t i = 0; i < s->list.n; i++) {
		uint32_t rule = c->set->variants[s->list.at[i].variant].rule_index;
		*vec_add(&c->group_programs) = code_program(c, rule, s->list.at[i].node);
	}
	uint32_t n = (uint32_t)s->list.n, kept = 0, *programs = NULL;
	if (n) {
		programs = c->group_programs.at + g.programs.at;
		qsort(programs, n, sizeof *programs, by_number);
	}
	for (uint32_t i = 0; i < n; i++)
		if (!kept || programs[kept - 1] != programs[i])
			programs[kept++] = programs[i];
	c->group_programs.n = g.programs.at + kept;
	g.programs.n = kept;
	*vec_add(&c->drafts) = g;
	return group;
}

/* Those that passed only because the event does not say become a companion, which many groups share. */
static uint32_t group_of(struct router *r, const struct survivors *s)
{
	struct survivors own = {0}, loose = {0};
	for (size_t i = 0; i < s->list.n; i++)
		if (s->list.at[i].loose)
			*vec_add(&loose.list) = s->list.at[i];
		else
			*vec_add(&own.list) = s->list.at[i];
	uint32_t companion = loose.list.n ? group_of_all(r, &loose, IMAGE_NONE) : IMAGE_NONE;
	uint32_t group = group_of_all(r, &own, companion);
	vec_free(&own.list);
	vec_free(&loose.list);
	return group;
}

/* Event ids. */

struct ids { VEC(int64_t) v; };

static void ids_of_atom(const struct compiler *c, const struct image_atom *a, struct ids *out)
{
	int64_t id;
	if (a->test == ATOM_SOURCE) {
		struct span ids = c->t.sources.at[a->extra].ids;
		for (uint32_t i = 0; i < ids.n; i++)
			*vec_add(&out->v) = c->t.ids.at[ids.at + i];
	} else if (is_id_atom(c, a)) {
		for (uint32_t i = 0; i < a->patterns.n; i++)
			if (str_to_i64(pattern_text(c, c->t.numbers.at[a->patterns.at + i]), &id) == 0)
				*vec_add(&out->v) = id;
	}
}

static void ids_of_node(struct router *r, uint32_t node, struct ids *out)
{
	struct compiler *c = r->c;
	struct node n = c->nodes.at[node];
	while (r->memo.n < c->nodes.n)
		vec_add(&r->memo);
	if (r->memo.at[node] >> 32 == r->round)
		return;
	r->memo.at[node] = (uint64_t)r->round << 32;
	if (n.kind == NODE_ATOM)
		ids_of_atom(c, &c->t.atoms.at[n.atom], out);
	for (uint32_t i = 0; i < n.children.n; i++)
		ids_of_node(r, c->children.at[n.children.at + i], out);
}

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static void row_fill(struct router *r, const struct survivors *s, struct image_row *row)
{
	struct compiler *c = r->c;
	struct ids ids = {0};
	r->round++;
	for (size_t i = 0; i < s->list.n; i++)
		ids_of_node(r, s->list.at[i].node, &ids);
	if (ids.v.n)
		qsort(ids.v.at, ids.v.n, sizeof *ids.v.at, by_id);
	r->known.id_known = ID_OTHER;
	struct survivors left = survive(r, s);
	row->other = group_of(r, &left);
	vec_free(&left.list);
	row->ids.at = (uint32_t)c->t.row_ids.n;
	for (size_t i = 0; i < ids.v.n; i++) {
		if (i && ids.v.at[i] == ids.v.at[i - 1])
			continue;
		r->known.id_known = ID_IS;
		r->known.id = ids.v.at[i];
		left = survive(r, s);
		*vec_add(&c->t.row_ids) = (struct image_id){ids.v.at[i], group_of(r, &left), 0};
		vec_free(&left.list);
	}
	row->ids.n = (uint32_t)c->t.row_ids.n - row->ids.at;
	r->known.id_known = ID_UNKNOWN;
	vec_free(&ids.v);
}

/* The row of a named channel; `open` is for the rare events whose id is not known. */
static uint32_t row_of_channel(struct router *r, const struct survivors *s, uint32_t open)
{
	struct compiler *c = r->c;
	bool fresh;
	survivors_key(c, s);
	buf_put(&c->key, &open, sizeof open);
	uint32_t number = compile_cons(c, c->rows, buf_get(&c->key), (uint32_t)c->t.rows.n, &fresh);
	if (!fresh)
		return number;
	struct image_row row = {.other = open, .absent = open, .open = open};
	row_fill(r, s, &row);
	*vec_add(&c->t.rows) = row;
	return number;
}

/* Rows of events without a channel, and of those of whose channel nothing is known. */
static uint32_t row_absent(struct router *r, const struct survivors *s, uint32_t open)
{
	struct image_row row = {.other = open, .absent = open, .open = open};
	r->known.value[SIGMA_DIM_CHANNEL] = VALUE_ABSENT;
	r->known.id_known = ID_ABSENT;
	struct survivors left = survive(r, s);
	row.absent = group_of(r, &left);
	vec_free(&left.list);
	r->known.id_known = ID_UNKNOWN;
	r->known.value[SIGMA_DIM_CHANNEL] = VALUE_OPEN;
	*vec_add(&r->c->t.rows) = row;
	return (uint32_t)r->c->t.rows.n - 1;
}

static uint32_t row_open(struct router *r, uint32_t open)
{
	*vec_add(&r->c->t.rows) = (struct image_row){.other = open, .absent = open, .open = open};
	return (uint32_t)r->c->t.rows.n - 1;
}

/* Classes. */

static bool class_known(const struct compiler *c, const struct known *k)
{
	for (size_t i = 0; i < c->t.classes.n; i++) {
		const struct image_class *o = &c->t.classes.at[i];
		if (o->product == k->value[SIGMA_DIM_PRODUCT] && o->service == k->value[SIGMA_DIM_SERVICE] &&
		    o->category == k->value[SIGMA_DIM_CATEGORY])
			return true;
	}
	return false;
}

static void class_rows(struct router *r, const struct survivors *s, struct image_class *class)
{
	struct compiler *c = r->c;
	uint32_t open = class->product == VALUE_OPEN ? group_of(r, s) : GROUP_OPEN;
	VEC(uint32_t) rows = {0};
	*vec_add(&rows) = row_open(r, open);
	uint32_t channels = (uint32_t)map_count(c->values[SIGMA_DIM_CHANNEL]);
	bool refine = class->product >= VALUE_NAMED && class->service == VALUE_ABSENT &&
		      class->category == VALUE_ABSENT && channels;
	if (class->product != VALUE_OPEN)
		*vec_add(&rows) = row_absent(r, s, open);
	for (uint32_t v = VALUE_OTHER; refine && v < VALUE_NAMED + channels; v++) {
		if (c->drafts.n >= GROUPS_MAX) {
			uint32_t coarse = rows.at[0];
			*vec_add(&rows) = coarse;
			continue;
		}
		r->known.value[SIGMA_DIM_CHANNEL] = v;
		struct survivors left = survive(r, s);
		*vec_add(&rows) = row_of_channel(r, &left, open);
		vec_free(&left.list);
	}
	r->known.value[SIGMA_DIM_CHANNEL] = VALUE_OPEN;
	class->rows = (struct span){(uint32_t)c->t.numbers.n, (uint32_t)rows.n};
	for (size_t i = 0; i < rows.n; i++)
		*vec_add(&c->t.numbers) = rows.at[i];
	vec_free(&rows);
}

/* Does the variant ask at its top for a service or category of which the class says nothing? */
static bool is_loose(const struct router *r, const struct sigma_variant *v)
{
	for (uint32_t i = 0; i < v->root->child_count && v->root->kind == SIGMA_NODE_AND; i++) {
		const struct sigma_node *n = v->root->children[i];
		if (n->kind == SIGMA_NODE_SOURCE && n->source->dimension <= SIGMA_DIM_CATEGORY &&
		    r->known.value[n->source->dimension] == VALUE_ABSENT)
			return true;
	}
	return false;
}

static void class_add(struct router *r, const struct survivors *all, uint32_t product, uint32_t service,
		      uint32_t category)
{
	r->known = (struct known){.value = {[SIGMA_DIM_PRODUCT] = product, [SIGMA_DIM_SERVICE] = service,
					    [SIGMA_DIM_CATEGORY] = category}};
	if (class_known(r->c, &r->known) || r->c->drafts.n >= GROUPS_MAX)
		return;
	struct image_class class = {product, service, category, {0, 0}};
	struct survivors left = survive(r, all);
	for (size_t i = 0; i < left.list.n && product >= VALUE_NAMED; i++)
		left.list.at[i].loose = is_loose(r, &r->c->set->variants[left.list.at[i].variant]);
	class_rows(r, &left, &class);
	vec_free(&left.list);
	*vec_add(&r->c->t.classes) = class;
}

/* The first value that the top of a tree asks of a dimension; ABSENT without one. */
static uint32_t first_value(const struct compiler *c, const struct sigma_node *tree, enum sigma_dimension d)
{
	if (tree->kind == SIGMA_NODE_SOURCE && tree->source->dimension == d && tree->source->count)
		return map_get(c->values[d], tree->source->texts[0]);
	uint32_t value = VALUE_ABSENT;
	if (tree->kind == SIGMA_NODE_AND)
		for (uint32_t i = 0; i < tree->child_count && value == VALUE_ABSENT; i++)
			if (tree->children[i]->kind == SIGMA_NODE_SOURCE)
				value = first_value(c, tree->children[i], d);
	return value;
}

static void classes_of_variant(struct router *r, const struct survivors *all, const struct sigma_variant *v)
{
	uint32_t product = first_value(r->c, v->root, SIGMA_DIM_PRODUCT);
	uint32_t service = first_value(r->c, v->root, SIGMA_DIM_SERVICE);
	uint32_t category = first_value(r->c, v->root, SIGMA_DIM_CATEGORY);
	if (v->root->kind == SIGMA_NODE_AND)
		for (uint32_t i = 0; i < v->root->child_count; i++)
			if (v->root->children[i]->kind == SIGMA_NODE_SOURCE &&
			    v->root->children[i]->source->dimension == SIGMA_DIM_CHANNEL)
				return;
	if (product < VALUE_NAMED)
		return;
	if (service != VALUE_ABSENT) {
		class_add(r, all, product, service, VALUE_ABSENT);
		class_add(r, all, product, VALUE_OTHER, VALUE_ABSENT);
	}
	if (category != VALUE_ABSENT) {
		class_add(r, all, product, VALUE_ABSENT, category);
		class_add(r, all, product, VALUE_ABSENT, VALUE_OTHER);
		class_add(r, all, product, service, category);
	}
}

static int by_class(const void *a, const void *b)
{
	uint64_t x = image_class_key(a), y = image_class_key(b);
	return x < y ? -1 : x > y;
}

void route_build(struct compiler *c)
{
	struct router r = {.c = c};
	struct survivors all = {0};
	name_values(c);
	for (uint32_t i = 0; i < c->set->variant_count; i++)
		*vec_add(&all.list) = (struct survivor){i, c->roots.at[i], false};
	class_add(&r, &all, VALUE_OPEN, VALUE_OPEN, VALUE_OPEN);
	uint32_t products = VALUE_NAMED + (uint32_t)map_count(c->values[SIGMA_DIM_PRODUCT]);
	for (uint32_t v = VALUE_ABSENT; v < products; v++)
		class_add(&r, &all, v, VALUE_ABSENT, VALUE_ABSENT);
	for (uint32_t i = 0; i < c->set->variant_count; i++)
		classes_of_variant(&r, &all, &c->set->variants[i]);
	qsort(c->t.classes.at, c->t.classes.n, sizeof *c->t.classes.at, by_class);
	vec_free(&all.list);
	vec_free(&r.memo);
}
