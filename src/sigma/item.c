/*
 * One item of a detection: a field, its modifiers applied left to right, and its values. Each modifier is a row.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "base/vec.h"
#include "sigma/load.h"
#include "sigma/regex.h"

#define MODIFIERS_MAX 16u
#define ALTERNATIVES_MAX 512u	/* of one value, after base64offset and windash */

enum item_type { ITEM_STRING, ITEM_REGEX, ITEM_CIDR, ITEM_COMPARE, ITEM_EXISTS, ITEM_FIELDREF, ITEM_DATEPART };
#define ON(type) (1u << (type))
#define ON_ANY (ON(ITEM_STRING) | ON(ITEM_REGEX) | ON(ITEM_CIDR) | ON(ITEM_COMPARE) | ON(ITEM_FIELDREF) | ON(ITEM_DATEPART))

struct value {
	const struct yaml_node *at;
	struct sigma_pattern *alternatives; uint32_t count;	/* STRING */
	struct str regex;		/* REGEX, where `expand` has changed it */
};

struct item {
	struct sigma_load *l;
	const struct yaml_node *key;		/* NULL: plain keywords */
	struct str field, label;		/* label: the key, or STR_NONE */
	bool keyword;
	enum item_type type;
	bool shaped;				/* a modifier has changed the values already */
	bool all, neq, cased, nocase, multiline, dotall, before, after, wide;
	enum sigma_compare compare;
	enum sigma_datepart part;
	bool listed;				/* the values stand in a list */
	struct value *values; uint32_t count;
};

struct modifier {
	const char *name;
	unsigned on;		/* item types that it may follow */
	bool first;		/* before any modifier that changes values */
	bool (*apply)(struct item *it, int argument);	/* false after a report */
	int argument;
};

static const struct yaml_node *place_of(const struct item *it)
{
	return it->key ? it->key : it->values[0].at;
}

/* ---- what modifiers do ---- */

static bool apply_all(struct item *it, int argument)
{
	(void)argument;
	it->all = true;
	if (it->count < 2)
		sigma_report(it->l, DIAG_WARNING, "all-one-value", it->key, "'all' needs a list of two values or more");
	return true;
}

static bool apply_neq(struct item *it, int argument)
{
	(void)argument;
	it->neq = true;
	return true;
}

static bool apply_cased(struct item *it, int argument)
{
	(void)argument;
	it->cased = true;
	return true;
}

static bool apply_anchor(struct item *it, int argument)
{
	it->before |= argument == SIGMA_CONTAINS || argument == SIGMA_ENDS;
	it->after |= argument == SIGMA_CONTAINS || argument == SIGMA_STARTS;
	if (it->type != ITEM_STRING)
		return true;
	for (uint32_t i = 0; i < it->count; i++)
		for (uint32_t k = 0; k < it->values[i].count; k++)
			it->values[i].alternatives[k] = sigma_pattern_wrap(it->l->scratch, it->values[i].alternatives[k],
									  argument != SIGMA_STARTS, argument != SIGMA_ENDS);
	return true;
}

static bool apply_type(struct item *it, int argument)
{
	it->type = (enum item_type)argument;
	return true;
}

static bool apply_compare(struct item *it, int argument)
{
	if (it->type == ITEM_COMPARE || (it->type == ITEM_DATEPART && it->compare != SIGMA_EQ)) {
		sigma_report(it->l, DIAG_ERROR, "bad-combination", it->key, "two comparisons on one value");
		return false;
	}
	if (it->type == ITEM_STRING)
		it->type = ITEM_COMPARE;
	it->compare = (enum sigma_compare)argument;
	return true;
}

static bool apply_datepart(struct item *it, int argument)
{
	it->type = ITEM_DATEPART;
	it->compare = SIGMA_EQ;
	it->part = (enum sigma_datepart)argument;
	return true;
}

static bool apply_regex_flag(struct item *it, int argument)
{
	it->nocase |= argument == 'i';
	it->multiline |= argument == 'm';
	it->dotall |= argument == 's';
	return true;
}

static bool apply_windash(struct item *it, int argument)
{
	(void)argument;
	for (uint32_t i = 0; i < it->count; i++)
		for (uint32_t k = 0; k < it->values[i].count; k++)
			it->values[i].alternatives[k] = sigma_pattern_windash(it->l->scratch, it->values[i].alternatives[k]);
	return true;
}

static bool apply_utf16(struct item *it, int argument)
{
	it->wide = true;
	for (uint32_t i = 0; i < it->count; i++)
		for (uint32_t k = 0; k < it->values[i].count; k++)
			it->values[i].alternatives[k] = sigma_pattern_utf16(it->l->scratch, it->values[i].alternatives[k],
									   (enum sigma_utf16)argument);
	return true;
}

/* The texts of a pattern, each DASH written out in its five forms; 0 where a wildcard is in the way or they are too many. */
static uint32_t spell_out(struct arena *a, struct sigma_pattern p, struct str *out, uint32_t room)
{
	static const char *const dashes[] = {"-", "/", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\x95"};
	uint32_t count = 1;

	out[0] = STR("");
	for (uint32_t i = 0; i < p.count; i++) {
		bool dash = p.parts[i].kind == SIGMA_PART_DASH;
		uint32_t forms = dash ? 5 : 1, before = count;

		if ((!dash && p.parts[i].kind != SIGMA_PART_LITERAL) || count * forms > room)
			return 0;
		for (uint32_t k = before * forms; k-- > 0;) {
			struct str piece = dash ? str_c(dashes[k / before]) : p.parts[i].text, head = out[k % before];

			char *joined = arena_bytes(a, head.n + piece.n + 1);
			memcpy(joined, head.p, head.n);
			memcpy(joined + head.n, piece.p, piece.n);
			out[k] = (struct str){joined, head.n + piece.n};
		}
		count = before * forms;
	}
	return count;
}

/* One value's texts to base64, at each of `shifts` positions (1: as a text of its own, with padding). */
static bool encode_value(struct item *it, struct value *v, unsigned shifts)
{
	struct arena *a = it->l->scratch;
	struct str texts[ALTERNATIVES_MAX];
	VEC(struct sigma_pattern) out = {0};
	bool ok = true;

	for (uint32_t k = 0; k < v->count && ok; k++) {
		uint32_t n = spell_out(a, v->alternatives[k], texts, ALTERNATIVES_MAX);

		ok = n && out.n + n * shifts <= ALTERNATIVES_MAX;
		for (uint32_t t = 0; ok && t < n * shifts; t++) {
			struct str coded = shifts == 1 ? sigma_base64(a, texts[t])
						       : sigma_base64_shifted(a, texts[t / shifts], t % shifts);

			*vec_add(&out) = sigma_pattern_literal(a, coded);
		}
	}
	if (ok) {
		v->count = (uint32_t)out.n;
		v->alternatives = ARENA_ARRAY(a, struct sigma_pattern, out.n + 1);
		if (out.n)
			memcpy(v->alternatives, out.at, out.n * sizeof *out.at);
	} else {
		sigma_report(it->l, DIAG_ERROR, "base64-wildcard", v->at,
			     "a value for base64 may not hold wildcards, nor more than three windash characters");
	}
	vec_free(&out);
	return ok;
}

static bool apply_base64(struct item *it, int argument)
{
	bool ok = true;

	it->wide = false;
	for (uint32_t i = 0; i < it->count; i++)
		ok &= encode_value(it, &it->values[i], (unsigned)argument);
	return ok;
}

static bool expand_regex(struct item *it, struct value *v)
{
	v->regex = sigma_placeholders_expand_regex(it->l, v->at, v->at->text);
	return v->regex.p != NULL;
}

static bool expand_value(struct item *it, struct value *v)
{
	VEC(struct sigma_pattern) all = {0};
	bool ok = true, full = false;

	for (uint32_t i = 0; i < v->count && !full; i++) {
		struct sigma_expanded x = sigma_placeholders_expand(it->l, v->at, v->alternatives[i]);

		full = x.full || all.n + x.count > SIGMA_PLACEHOLDER_VALUES_MAX;
		ok &= !x.unset;
		for (uint32_t k = 0; k < x.count && !full; k++)
			*vec_add(&all) = x.at[k];
	}
	if (full)
		sigma_report(it->l, DIAG_ERROR, "too-large", v->at, "the placeholders stand for more than %u values",
			     SIGMA_PLACEHOLDER_VALUES_MAX);
	v->count = (uint32_t)all.n;
	v->alternatives = ARENA_ARRAY(it->l->scratch, struct sigma_pattern, all.n + 1);
	if (all.n)
		memcpy(v->alternatives, all.at, all.n * sizeof *all.at);
	vec_free(&all);
	return ok && !full;
}

static bool apply_expand(struct item *it, int argument)
{
	bool ok = true;

	(void)argument;
	for (uint32_t i = 0; i < it->count; i++)
		ok &= it->type == ITEM_REGEX ? expand_regex(it, &it->values[i]) : expand_value(it, &it->values[i]);
	return ok;
}

static const struct modifier modifiers[] = {
	{"contains", ON(ITEM_STRING) | ON(ITEM_REGEX) | ON(ITEM_FIELDREF), false, apply_anchor, SIGMA_CONTAINS},
	{"startswith", ON(ITEM_STRING) | ON(ITEM_REGEX) | ON(ITEM_FIELDREF), false, apply_anchor, SIGMA_STARTS},
	{"endswith", ON(ITEM_STRING) | ON(ITEM_REGEX) | ON(ITEM_FIELDREF), false, apply_anchor, SIGMA_ENDS},
	{"all", ON_ANY, false, apply_all, 0},
	{"neq", ON_ANY, false, apply_neq, 0},
	{"cased", ON(ITEM_STRING) | ON(ITEM_FIELDREF), false, apply_cased, 0},
	{"exists", ON(ITEM_STRING), true, apply_type, ITEM_EXISTS},
	{"re", ON(ITEM_STRING), true, apply_type, ITEM_REGEX},
	{"i", ON(ITEM_REGEX), false, apply_regex_flag, 'i'},
	{"ignorecase", ON(ITEM_REGEX), false, apply_regex_flag, 'i'},
	{"m", ON(ITEM_REGEX), false, apply_regex_flag, 'm'},
	{"multiline", ON(ITEM_REGEX), false, apply_regex_flag, 'm'},
	{"s", ON(ITEM_REGEX), false, apply_regex_flag, 's'},
	{"dotall", ON(ITEM_REGEX), false, apply_regex_flag, 's'},
	{"cidr", ON(ITEM_STRING), true, apply_type, ITEM_CIDR},
	{"fieldref", ON(ITEM_STRING), true, apply_type, ITEM_FIELDREF},
	{"base64", ON(ITEM_STRING), false, apply_base64, 1},
	{"base64offset", ON(ITEM_STRING), false, apply_base64, 3},
	{"wide", ON(ITEM_STRING), false, apply_utf16, SIGMA_UTF16_LE},
	{"utf16le", ON(ITEM_STRING), false, apply_utf16, SIGMA_UTF16_LE},
	{"utf16be", ON(ITEM_STRING), false, apply_utf16, SIGMA_UTF16_BE},
	{"utf16", ON(ITEM_STRING), false, apply_utf16, SIGMA_UTF16_BOM},
	{"windash", ON(ITEM_STRING), false, apply_windash, 0},
	{"lt", ON(ITEM_STRING) | ON(ITEM_DATEPART) | ON(ITEM_COMPARE), true, apply_compare, SIGMA_LT},
	{"lte", ON(ITEM_STRING) | ON(ITEM_DATEPART) | ON(ITEM_COMPARE), true, apply_compare, SIGMA_LTE},
	{"gt", ON(ITEM_STRING) | ON(ITEM_DATEPART) | ON(ITEM_COMPARE), true, apply_compare, SIGMA_GT},
	{"gte", ON(ITEM_STRING) | ON(ITEM_DATEPART) | ON(ITEM_COMPARE), true, apply_compare, SIGMA_GTE},
	{"expand", ON(ITEM_STRING) | ON(ITEM_REGEX), false, apply_expand, 0},
	{"minute", ON(ITEM_STRING), true, apply_datepart, SIGMA_MINUTE},
	{"hour", ON(ITEM_STRING), true, apply_datepart, SIGMA_HOUR},
	{"day", ON(ITEM_STRING), true, apply_datepart, SIGMA_DAY},
	{"week", ON(ITEM_STRING), true, apply_datepart, SIGMA_WEEK},
	{"month", ON(ITEM_STRING), true, apply_datepart, SIGMA_MONTH},
	{"year", ON(ITEM_STRING), true, apply_datepart, SIGMA_YEAR},
};

static const struct modifier *find_modifier(struct str name)
{
	for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++)
		if (str_eq(name, str_c(modifiers[i].name)))
			return &modifiers[i];
	return NULL;
}

/* Whether a modifier of values came before: those that only set a flag do not count. */
static bool changes_values(const struct modifier *m)
{
	return m->apply == apply_anchor || m->apply == apply_windash || m->apply == apply_utf16 ||
	       m->apply == apply_base64 || m->apply == apply_cased;
}

static bool apply_modifiers(struct item *it, struct str names)
{
	uint32_t n = 0;

	while (names.p) {
		struct str name = str_cut(&names, '|');
		const struct modifier *m = find_modifier(name);

		if (!m) {
			sigma_report(it->l, DIAG_ERROR, "unknown-modifier", it->key, "unknown modifier '%.*s'", STR_ARGS(str_head(name, 60)));
			return false;
		}
		bool bad = !(m->on & ON(it->type)) || (m->first && it->shaped) || ++n > MODIFIERS_MAX;

		if (bad) {
			sigma_report(it->l, DIAG_ERROR, "bad-combination", it->key,
				     "modifier '%s' cannot be used with those before it", m->name);
			return false;
		}
		if (!m->apply(it, m->argument))
			return false;
		it->shaped |= changes_values(m);
	}
	return true;
}

/* ---- values to tests ---- */

static struct sigma_match *match_new(struct item *it, enum sigma_test test, const struct yaml_node *at)
{
	struct sigma_match *m = ARENA_NEW(it->l->arena, struct sigma_match);

	m->test = test;
	m->keyword = it->keyword;
	m->cased = it->cased;
	m->field = it->field;
	m->line = at->line;
	m->column = at->column;
	m->source_text = arena_str(it->l->arena, at->text);
	return m;
}

static struct sigma_node *match_node(struct item *it, struct sigma_match *m)
{
	struct sigma_node *n = sigma_node_new(it->l, SIGMA_NODE_MATCH, m->line);

	if (n) {
		n->match = m;
		n->label = it->label;
	}
	return n;
}

static struct sigma_node *string_alternative(struct item *it, const struct value *v, struct sigma_pattern p)
{
	struct sigma_match *m = match_new(it, SIGMA_TEST_STRING, v->at);

	/* A keyword without an anchor of its own is searched anywhere. */
	if (it->keyword && !it->before && !it->after)
		p = sigma_pattern_wrap(it->l->scratch, p, true, true);
	p = it->cased ? sigma_pattern_wrap(it->l->arena, p, false, false) : sigma_pattern_fold(it->l->arena, p);
	if (p.count > SIGMA_PARTS_MAX) {
		sigma_report(it->l, DIAG_ERROR, "too-large", v->at, "more than %u wildcards in one value", SIGMA_PARTS_MAX);
		return NULL;
	}
	m->parts = p.parts;
	m->part_count = p.count;
	return match_node(it, m);
}

static struct sigma_node *string_test(struct item *it, const struct value *v)
{
	struct sigma_node **children = mem_alloc((v->count + 1) * sizeof *children), *tree = NULL;
	bool ok = true;

	for (uint32_t k = 0; k < v->count && ok; k++) {
		children[k] = string_alternative(it, v, v->alternatives[k]);
		ok = children[k] != NULL;
	}
	if (ok)
		tree = sigma_node_join(it->l, SIGMA_NODE_OR, children, v->count);
	vec_release(children);
	if (ok && it->wide)
		sigma_report(it->l, DIAG_WARNING, "wide-without-base64", v->at,
			     "UTF-16 bytes are looked for in text; base64 or base64offset is missing");
	return tree;
}

static struct str regex_text(struct item *it, struct str s)
{
	bool front = it->before && !str_starts(s, STR("^")) && !str_starts(s, STR(".*"));
	bool back = it->after && (!str_ends(s, STR("$")) || str_ends(s, STR("\\$"))) && !str_ends(s, STR(".*"));

	if (!front && !back)
		return arena_str(it->l->arena, s);
	return arena_printf(it->l->arena, "%s%.*s%s", front ? ".*" : "", STR_ARGS(s), back ? ".*" : "");
}

static struct sigma_node *regex_test(struct item *it, const struct value *v)
{
	struct sigma_match *m = match_new(it, SIGMA_TEST_REGEX, v->at);
	struct buf why = {0};

	m->pattern = regex_text(it, v->regex.p ? v->regex : v->at->text);
	m->re_nocase = it->nocase;
	m->re_multiline = it->multiline;
	m->re_dotall = it->dotall;
	m->cased = true;
	if (sigma_regex_check(m, &why) < 0) {
		sigma_report(it->l, DIAG_UNSUPPORTED, "regex", v->at, "%.*s", STR_ARGS(buf_get(&why)));
		buf_free(&why);
		return NULL;
	}
	buf_free(&why);
	return match_node(it, m);
}

/* Address, slash, prefix length; without a slash the one address. */
static bool read_cidr(struct sigma_match *m, struct str s)
{
	struct str address = str_cut(&s, '/');
	char text[INET6_ADDRSTRLEN + 1];
	uint64_t bits;

	if (!address.n || address.n >= sizeof text)
		return false;
	memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	m->cidr.v6 = inet_pton(AF_INET, text, m->cidr.address) != 1;
	if (m->cidr.v6 && inet_pton(AF_INET6, text, m->cidr.address) != 1)
		return false;
	bits = m->cidr.v6 ? 128 : 32;
	if (s.p && (s.n > 3 || str_to_u64(s, &bits) < 0 || bits > (m->cidr.v6 ? 128u : 32u)))
		return false;
	m->cidr.bits = (uint8_t)bits;
	return true;
}

static struct sigma_node *cidr_test(struct item *it, const struct value *v)
{
	struct sigma_match *m = match_new(it, SIGMA_TEST_CIDR, v->at);

	if (!read_cidr(m, v->at->text)) {
		sigma_report(it->l, DIAG_ERROR, "bad-cidr", v->at, "not a network: '%.*s'", STR_ARGS(str_head(v->at->text, 60)));
		return NULL;
	}
	return match_node(it, m);
}

static struct sigma_node *number_test(struct item *it, const struct value *v)
{
	struct sigma_match *m = match_new(it, it->type == ITEM_COMPARE ? SIGMA_TEST_COMPARE : SIGMA_TEST_DATEPART, v->at);

	m->compare = it->compare;
	m->part = it->part;
	if (str_to_double(v->at->text, &m->number) < 0) {
		sigma_report(it->l, DIAG_ERROR, "bad-number", v->at, "not a number: '%.*s'", STR_ARGS(str_head(v->at->text, 60)));
		return NULL;
	}
	return match_node(it, m);
}

static struct sigma_node *exists_test(struct item *it, const struct value *v)
{
	struct sigma_match *m = match_new(it, SIGMA_TEST_EXISTS, v->at);

	m->wanted = str_eq_nocase(v->at->text, STR("true"));
	if (it->listed || it->count > 1 || (!m->wanted && !str_eq_nocase(v->at->text, STR("false")))) {
		sigma_report(it->l, DIAG_ERROR, "bad-exists", v->at, "'exists' takes true or false");
		return NULL;
	}
	return match_node(it, m);
}

static struct sigma_node *fieldref_test(struct item *it, const struct value *v)
{
	struct sigma_match *m = match_new(it, SIGMA_TEST_FIELDREF, v->at);

	m->other = arena_str(it->l->arena, v->at->text);
	m->anchor = it->before ? it->after ? SIGMA_CONTAINS : SIGMA_ENDS : it->after ? SIGMA_STARTS : SIGMA_WHOLE;
	if (!m->other.n) {
		sigma_report(it->l, DIAG_ERROR, "bad-fieldref", v->at, "'fieldref' needs the name of a field");
		return NULL;
	}
	sigma_rule_note_field(it->l, m->other);
	return match_node(it, m);
}

static struct sigma_node *null_test(struct item *it, const struct value *v)
{
	if (it->keyword || it->type != ITEM_STRING || it->shaped) {
		sigma_report(it->l, DIAG_ERROR, "null-value", v->at, "null cannot be used with these modifiers or as a keyword");
		return NULL;
	}
	if (it->listed) {
		sigma_report(it->l, DIAG_ERROR, "null-in-list", v->at, "null cannot be part of a list of values");
		return NULL;
	}
	return match_node(it, match_new(it, SIGMA_TEST_NULL, v->at));
}

static struct sigma_node *value_test(struct item *it, const struct value *v)
{
	if (v->at->type == YAML_NULL)
		return null_test(it, v);
	switch (it->type) {
	case ITEM_STRING:
		return string_test(it, v);
	case ITEM_REGEX:
		return regex_test(it, v);
	case ITEM_CIDR:
		return cidr_test(it, v);
	case ITEM_COMPARE:
	case ITEM_DATEPART:
		return number_test(it, v);
	case ITEM_EXISTS:
		return exists_test(it, v);
	case ITEM_FIELDREF:
		return fieldref_test(it, v);
	}
	return NULL;
}

static struct sigma_node *item_tree(struct item *it)
{
	struct sigma_node **children = mem_alloc(it->count * sizeof *children), *tree = NULL;
	bool ok = true;

	for (uint32_t i = 0; i < it->count; i++) {
		children[i] = value_test(it, &it->values[i]);
		ok &= children[i] != NULL;
	}
	if (ok)
		tree = sigma_node_join(it->l, it->all ? SIGMA_NODE_AND : SIGMA_NODE_OR, children, it->count);
	if (tree && it->neq)
		tree = sigma_node_not(it->l, tree);
	if (tree && !tree->label.p && it->key)
		tree->label = it->label;
	vec_release(children);
	return tree;
}

/* ---- reading ---- */

static bool read_value(struct item *it, const struct yaml_node *n, struct value *out)
{
	if (n->kind != YAML_SCALAR) {
		sigma_report(it->l, DIAG_ERROR, "bad-value", n, "a value must be a single text, number or null");
		return false;
	}
	out->at = n;
	if (n->type == YAML_NULL)
		return true;
	out->alternatives = ARENA_NEW(it->l->scratch, struct sigma_pattern);
	out->alternatives[0] = sigma_pattern_parse(it->l->scratch, n->text);
	out->count = 1;
	return true;
}

static bool read_values(struct item *it, const struct yaml_node *values)
{
	bool ok = true;

	it->listed = values->kind == YAML_LIST;
	it->count = it->listed ? values->count : 1;
	if (!it->count) {
		sigma_report(it->l, DIAG_ERROR, "empty-list", values, "the list of values is empty");
		return false;
	}
	it->values = ARENA_ARRAY(it->l->scratch, struct value, it->count);
	for (uint32_t i = 0; i < it->count; i++)
		ok &= read_value(it, it->listed ? values->items[i] : values, &it->values[i]);
	return ok;
}

static bool keyword_allowed(struct item *it)
{
	if (!it->keyword || it->type == ITEM_STRING || it->type == ITEM_REGEX)
		return true;
	sigma_report(it->l, DIAG_ERROR, "bad-combination", place_of(it), "this modifier needs a field name");
	return false;
}

struct sigma_node *sigma_item_load(struct sigma_load *l, const struct yaml_node *key, const struct yaml_node *values)
{
	struct item it = {.l = l, .key = key};
	struct str names;

	if (key)
		it.label = arena_str(l->arena, key->text);
	names = it.label;

	if (key)
		it.field = str_cut(&names, '|');
	it.keyword = !it.field.n;
	if (key && it.keyword && !names.p) {
		sigma_report(l, DIAG_ERROR, "empty-field", key, "the field name is empty");
		return NULL;
	}
	if (!read_values(&it, values) || !apply_modifiers(&it, names) || !keyword_allowed(&it))
		return NULL;
	if (!it.keyword)
		sigma_rule_note_field(l, it.field);
	return item_tree(&it);
}
