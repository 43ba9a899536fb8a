/*
 * logsources.yaml: which events a rule's log source means, and under which names they carry the rule's fields. The file
 * itself explains its keys.
 */
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "sigma/load.h"

#define NAMES_MAX 512u		/* fields that one row maps */

struct derived_list { VEC(struct sigma_derived) all; };

struct reader {
	struct sigma_load *l;
	struct sigma_row *row;
	VEC(struct sigma_field_map) fields;
	struct derived_list *derived;
};

static bool known_keys(struct sigma_load *l, const struct yaml_node *map, const char *const *known)
{
	bool ok = true;

	for (uint32_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->pairs[i].key;
		const char *const *k = known;

		while (*k && !str_eq(key->text, str_c(*k)))
			k++;
		if (*k)
			continue;
		sigma_report(l, DIAG_ERROR, "mapping-key", key, "unknown key '%.*s'", STR_ARGS(str_head(key->text, 60)));
		ok = false;
	}
	return ok;
}

static bool want_map(struct sigma_load *l, const struct yaml_node *n, const struct yaml_node *at, const char *what)
{
	if (n && n->kind == YAML_MAP)
		return true;
	sigma_report(l, DIAG_ERROR, "mapping", n ? n : at, "%s must be a map", what);
	return false;
}

/* The i-th value of a scalar or a list of scalars; NULL behind the last. */
static const struct yaml_node *value_at(const struct yaml_node *n, uint32_t i)
{
	if (n->kind == YAML_LIST)
		return i < n->count ? n->items[i] : NULL;
	return i ? NULL : n;
}

static uint32_t value_count(const struct yaml_node *n)
{
	return n->kind == YAML_LIST ? n->count : 1;
}

static bool all_values(struct sigma_load *l, const struct yaml_node *n)
{
	const struct yaml_node *v;

	for (uint32_t i = 0; (v = value_at(n, i)); i++) {
		if (yaml_is_value(v))
			continue;
		sigma_report(l, DIAG_ERROR, "mapping", v, "a text or a number is expected here");
		return false;
	}
	if (value_count(n))
		return true;
	sigma_report(l, DIAG_ERROR, "mapping", n, "the list is empty");
	return false;
}

/* ---- is: what the event must be ---- */

static const char *const dimensions[SIGMA_DIMS + 1] = {"product", "service", "category", "channel", "provider", "event_id",
							NULL};

static void read_source(struct reader *r, enum sigma_dimension dimension, const struct yaml_node *n)
{
	struct sigma_source *s = &r->row->sources[r->row->source_count];
	const struct yaml_node *v;
	bool ids = dimension == SIGMA_DIM_EVENT_ID;

	if (!all_values(r->l, n))
		return;
	s->dimension = dimension;
	s->texts = ids ? NULL : ARENA_ARRAY(r->l->arena, struct str, value_count(n));
	s->ids = ids ? ARENA_ARRAY(r->l->arena, int64_t, value_count(n)) : NULL;
	for (uint32_t i = 0; (v = value_at(n, i)); i++) {
		if (!ids)
			s->texts[i] = sigma_fold(r->l->arena, v->text);
		else if (str_to_i64(v->text, &s->ids[i]) < 0)
			sigma_report(r->l, DIAG_ERROR, "mapping", v, "an event id is a whole number");
		s->count++;
	}
	r->row->source_count++;
}

static void read_is(struct reader *r, const struct yaml_node *n)
{
	r->row->sources = ARENA_ARRAY(r->l->arena, struct sigma_source, SIGMA_DIMS + 1);
	if (r->row->product.p && !yaml_get(n, "product")) {
		struct sigma_source *s = &r->row->sources[r->row->source_count++];

		s->dimension = SIGMA_DIM_PRODUCT;
		s->texts = ARENA_ARRAY(r->l->arena, struct str, 1);
		s->texts[0] = r->row->product;
		s->count = 1;
	}
	if (!n || !want_map(r->l, n, n, "'is'") || !known_keys(r->l, n, dimensions))
		return;
	for (int d = 0; d < SIGMA_DIMS; d++)
		if (yaml_get(n, dimensions[d]))
			read_source(r, (enum sigma_dimension)d, yaml_get(n, dimensions[d]));
}

static void read_for(struct reader *r, const struct yaml_node *n)
{
	static const char *const known[] = {"product", "category", "service", NULL};
	struct str *out[] = {&r->row->product, &r->row->category, &r->row->service};

	if (!want_map(r->l, n, n, "'for'") || !known_keys(r->l, n, known))
		return;
	for (int i = 0; known[i]; i++) {
		struct str s = yaml_text(yaml_get(n, known[i]));

		if (s.p)
			*out[i] = sigma_fold(r->l->arena, s);
	}
	if (!r->row->category.p && !r->row->service.p)
		sigma_report(r->l, DIAG_ERROR, "mapping", n, "'for' must name a category or a service");
}

/* ---- where: what it must hold besides ---- */

static void set_keys(struct keys *keys, struct sigma_node *n)
{
	for (uint32_t i = 0; i < n->child_count; i++)
		set_keys(keys, n->children[i]);
	if (n->match)
		n->match->key = keys_add(keys, n->match->field);
}

static void read_where(struct reader *r, const struct yaml_node *n)
{
	if (!n || !want_map(r->l, n, n, "'where'"))
		return;
	r->row->tests = ARENA_ARRAY(r->l->arena, struct sigma_node *, n->count + 1);
	for (uint32_t i = 0; i < n->count; i++) {
		struct sigma_node *t = sigma_item_load(r->l, n->pairs[i].key, n->pairs[i].value);

		if (!t)
			continue;
		set_keys(r->l->set->keys, t);
		r->row->tests[r->row->test_count++] = t;
	}
}

/* ---- fields ---- */

static void map_field(struct reader *r, const struct yaml_node *at, struct str from, uint32_t key)
{
	for (size_t i = 0; i < r->fields.n; i++) {
		if (!str_eq_nocase(r->fields.at[i].from, from))
			continue;
		sigma_report(r->l, DIAG_ERROR, "mapping", at, "'%.*s' is mapped twice", STR_ARGS(str_head(from, 60)));
		return;
	}
	if (r->fields.n >= NAMES_MAX)
		sigma_report(r->l, DIAG_ERROR, "mapping", at, "more than %u fields are mapped", NAMES_MAX);
	else
		*vec_add(&r->fields) = (struct sigma_field_map){from, key};
}

static void read_rename(struct reader *r, const struct yaml_node *n)
{
	if (!n || !want_map(r->l, n, n, "'rename'"))
		return;
	for (uint32_t i = 0; i < n->count; i++) {
		struct str to = yaml_text(n->pairs[i].value);

		if (to.n)
			map_field(r, n->pairs[i].key, n->pairs[i].key->text, keys_add(r->l->set->keys, to));
		else
			sigma_report(r->l, DIAG_ERROR, "mapping", n->pairs[i].value, "the name of a field is expected here");
	}
}

static void read_absent(struct reader *r, const struct yaml_node *n)
{
	const struct yaml_node *v;

	if (!n || !all_values(r->l, n))
		return;
	for (uint32_t i = 0; (v = value_at(n, i)); i++)
		map_field(r, v, v->text, KEY_NONE);
}

/* "{Name}" is a field, all else text: '{SubjectDomainName}\{SubjectUserName}'. */
static void read_parts(struct reader *r, struct sigma_derived *d, const struct yaml_node *n)
{
	struct str s = yaml_text(n);
	size_t room = 1;

	for (size_t i = 0; i < s.n; i++)
		room += s.p[i] == '{' ? 2 : 0;
	d->parts = ARENA_ARRAY(r->l->arena, struct sigma_derive_part, room);
	while (s.n) {
		ptrdiff_t open = str_find_byte(s, '{'), close = open < 0 ? -1 : str_find_byte(str_skip(s, open), '}');
		struct str text = str_head(s, close < 0 ? s.n : (size_t)open);

		if (text.n)
			d->parts[d->part_count++] = (struct sigma_derive_part){text, KEY_NONE};
		if (close < 0)
			break;
		struct str name = {s.p + open + 1, (size_t)close - 1};

		d->parts[d->part_count++] = (struct sigma_derive_part){STR_NONE, keys_add(r->l->set->keys, name)};
		s = str_skip(s, (size_t)(open + close) + 1);
	}
	for (uint32_t i = 0; i < d->part_count; i++)
		if (d->parts[i].key != KEY_NONE)
			return;
	sigma_report(r->l, DIAG_ERROR, "mapping", n, "at least one {Field} is expected here");
}

static void read_pairs(struct reader *r, struct sigma_derived *d, const struct yaml_node *n)
{
	if (!want_map(r->l, n, n, "the table"))
		return;
	d->pairs = ARENA_ARRAY(r->l->arena, struct sigma_derive_pair, n->count + 1);
	for (uint32_t i = 0; i < n->count; i++) {
		if (!yaml_is_value(n->pairs[i].value)) {
			sigma_report(r->l, DIAG_ERROR, "mapping", n->pairs[i].value, "a text is expected here");
			continue;
		}
		d->pairs[d->pair_count].from = sigma_fold(r->l->arena, n->pairs[i].key->text);
		d->pairs[d->pair_count++].to = n->pairs[i].value->text;
	}
}

static void read_any(struct reader *r, struct sigma_derived *d, const struct yaml_node *n)
{
	const struct yaml_node *v;

	if (!all_values(r->l, n))
		return;
	d->parts = ARENA_ARRAY(r->l->arena, struct sigma_derive_part, value_count(n));
	for (uint32_t i = 0; (v = value_at(n, i)); i++)
		d->parts[d->part_count++] = (struct sigma_derive_part){STR_NONE, keys_add(r->l->set->keys, v->text)};
}

/* Parts of several joins, with an empty part between. */
static void read_urls(struct reader *r, struct sigma_derived *d, const struct yaml_node *n)
{
	struct { VEC(struct sigma_derive_part) all; } list = {0};
	const struct yaml_node *v;

	if (!all_values(r->l, n))
		return;
	for (uint32_t i = 0; (v = value_at(n, i)); i++) {
		struct sigma_derived one = {0};

		if (i)
			*vec_add(&list.all) = (struct sigma_derive_part){STR_NONE, KEY_NONE};
		read_parts(r, &one, v);
		for (uint32_t k = 0; k < one.part_count; k++)
			*vec_add(&list.all) = one.parts[k];
	}
	d->part_count = (uint32_t)list.all.n;
	d->parts = ARENA_ARRAY(r->l->arena, struct sigma_derive_part, list.all.n + 1);
	if (list.all.n)
		memcpy(d->parts, list.all.at, list.all.n * sizeof *list.all.at);
	vec_free(&list.all);
}

/* One of: {join: parts} {decimal: parts} {table: rows, of: parts} {prefix: rows, of: parts} {any: names}
 * {urls: list of parts} {extension: parts}. */
static void read_derived(struct reader *r, struct yaml_pair p)
{
	static const char *const known[] = {"join", "decimal", "table", "prefix", "any", "urls", "extension", "of",
					    NULL};
	static const enum sigma_derive_kind kinds[] = {SIGMA_DERIVE_JOIN, SIGMA_DERIVE_DECIMAL, SIGMA_DERIVE_TABLE,
						       SIGMA_DERIVE_PREFIX, SIGMA_DERIVE_ANY, SIGMA_DERIVE_URLS,
						       SIGMA_DERIVE_EXTENSION};
	struct sigma_derived d = {0};
	const struct yaml_node *how = NULL, *of = yaml_get(p.value, "of");
	int kind = 0;

	if (!want_map(r->l, p.value, p.key, "a derived field") || !known_keys(r->l, p.value, known))
		return;
	while (kind < 7 && !(how = yaml_get(p.value, known[kind])))
		kind++;
	if (!how || p.value->count != (of ? 2u : 1u) || (of != NULL) != (kind == 2 || kind == 3)) {
		sigma_report(r->l, DIAG_ERROR, "mapping", p.value, "one of join, decimal, any, urls, extension, table with of,"
			     " prefix with of");
		return;
	}
	d.kind = kinds[kind];
	if (kind == 4)
		read_any(r, &d, how);
	else if (kind == 5)
		read_urls(r, &d, how);
	else
		read_parts(r, &d, of ? of : how);
	if (of)
		read_pairs(r, &d, how);
	d.key = keys_add(r->l->set->keys, arena_printf(r->l->arena, "\x01%.*s:%.*s", STR_ARGS(r->row->name), STR_ARGS(p.key->text)));
	map_field(r, p.key, p.key->text, d.key);
	*vec_add(&r->derived->all) = d;
}

static void read_derive(struct reader *r, const struct yaml_node *n)
{
	if (!n || !want_map(r->l, n, n, "'derive'"))
		return;
	for (uint32_t i = 0; i < n->count; i++)
		read_derived(r, n->pairs[i]);
}

/* ---- rows ---- */

static void read_row(struct reader *r, const struct yaml_node *n)
{
	static const char *const known[] = {"name", "for", "is", "where", "rename", "derive", "absent", NULL};

	if (!want_map(r->l, n, n, "a row") || !known_keys(r->l, n, known))
		return;
	r->row->name = yaml_text(yaml_get(n, "name"));
	if (!r->row->name.n)
		sigma_report(r->l, DIAG_ERROR, "mapping", n, "the row has no name");
	if (!yaml_get(n, "for")) {
		sigma_report(r->l, DIAG_ERROR, "mapping", n, "the row has no 'for'");
		return;
	}
	read_for(r, yaml_get(n, "for"));
	read_is(r, yaml_get(n, "is"));
	read_where(r, yaml_get(n, "where"));
	read_rename(r, yaml_get(n, "rename"));
	read_derive(r, yaml_get(n, "derive"));
	read_absent(r, yaml_get(n, "absent"));
	r->row->field_count = (uint32_t)r->fields.n;
	r->row->fields = ARENA_ARRAY(r->l->arena, struct sigma_field_map, r->fields.n + 1);
	if (r->fields.n)
		memcpy(r->row->fields, r->fields.at, r->fields.n * sizeof *r->fields.at);
}

static void read_rows(struct sigma_load *l, const struct yaml_node *list)
{
	struct sigma_loader *into = l->set->loader;
	struct derived_list derived = {0};
	struct map *names = map_new(list->count);

	if (list->count > SIGMA_ROWS_MAX)
		sigma_report(l, DIAG_ERROR, "mapping", list, "more than %u rows", SIGMA_ROWS_MAX);
	into->rows = ARENA_ARRAY(l->arena, struct sigma_row, list->count + 1);
	for (uint32_t i = 0; i < list->count && i < SIGMA_ROWS_MAX; i++) {
		struct reader r = {.l = l, .row = &into->rows[i], .derived = &derived};

		read_row(&r, list->items[i]);
		if (r.row->name.p && map_put(names, r.row->name, i) != i)
			sigma_report(l, DIAG_ERROR, "mapping", list->items[i], "two rows are named '%.*s'", STR_ARGS(r.row->name));
		vec_free(&r.fields);
		into->row_count++;
	}
	l->set->derived_count = (uint32_t)derived.all.n;
	l->set->derived = ARENA_ARRAY(l->arena, struct sigma_derived, derived.all.n + 1);
	if (derived.all.n)
		memcpy(l->set->derived, derived.all.at, derived.all.n * sizeof *derived.all.at);
	vec_free(&derived.all);
	map_free(names);
}

static void read_mapping(struct sigma_load *l, const struct yaml_node *root)
{
	static const char *const known[] = {"closed", "sources", NULL};
	const struct yaml_node *closed = yaml_get(root, "closed"), *rows = yaml_get(root, "sources"), *v;
	struct sigma_loader *into = l->set->loader;

	if (!want_map(l, root, root, "the mapping") || !known_keys(l, root, known))
		return;
	if (closed && all_values(l, closed)) {
		into->closed = ARENA_ARRAY(l->arena, struct str, value_count(closed));
		for (uint32_t i = 0; (v = value_at(closed, i)); i++)
			into->closed[into->closed_count++] = sigma_fold(l->arena, v->text);
	}
	if (rows && rows->kind == YAML_LIST)
		read_rows(l, rows);
	else
		sigma_report(l, DIAG_ERROR, "mapping", rows ? rows : root, "'sources' must be a list of rows");
}

int sigma_set_mapping(struct sigma_set *set, struct str file, struct str text, struct diags *diags)
{
	struct sigma_rule scratch = {0};
	struct sigma_load l = {.set = set, .arena = set->arena, .scratch = set->arena, .diags = diags,
			       .rule = &scratch};
	struct yaml_documents docs;

	l.file = arena_str(set->arena, file);
	yaml_load(l.file, text, set->arena, diags, &docs);
	if (docs.bad || docs.count != 1) {
		if (!docs.bad)
			sigma_report(&l, DIAG_ERROR, "mapping", NULL, "the mapping is one YAML document");
		return ERR_FORMAT;
	}
	read_mapping(&l, docs.at[0]);
	return l.errors ? ERR_FORMAT : 0;
}
