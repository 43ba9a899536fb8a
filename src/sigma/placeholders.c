/*
 * Placeholders of `expand`: files of values, and %name% replaced by them.
 */
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "sigma/load.h"

#define NAMES_MAX 100000u

/* ---- the file ---- */

static struct sigma_placeholder *add_name(struct sigma_set *set, struct str name)
{
	struct sigma_loader *l = set->loader;
	struct str kept = arena_str(set->arena, name);
	uint32_t at = map_put(l->placeholder_names, kept, l->placeholder_count);

	if (at < l->placeholder_count)
		return &l->placeholders[at];
	if (l->placeholder_count == l->placeholder_cap) {
		l->placeholder_cap = l->placeholder_cap ? l->placeholder_cap * 2 : 16;
		l->placeholders = mem_resize(l->placeholders, l->placeholder_cap * sizeof *l->placeholders);
	}
	l->placeholders[l->placeholder_count] = (struct sigma_placeholder){.name = kept};
	return &l->placeholders[l->placeholder_count++];
}

static void add_value(struct sigma_set *set, struct sigma_placeholder *p, struct str value)
{
	if (p->count == p->cap) {
		struct str *more = ARENA_ARRAY(set->arena, struct str, p->cap ? p->cap * 2 : 4);

		if (p->count)
			memcpy(more, p->values, p->count * sizeof *more);
		p->values = more;
		p->cap = p->cap ? p->cap * 2 : 4;
	}
	p->values[p->count++] = arena_str(set->arena, value);
}

static void read_name(struct sigma_load *l, const struct yaml_pair *pair)
{
	const struct yaml_node *v = pair->value;
	uint32_t count = v->kind == YAML_LIST ? v->count : 1;
	struct sigma_placeholder *p;

	if (l->set->loader->placeholder_count >= NAMES_MAX || count > SIGMA_PLACEHOLDER_VALUES_MAX) {
		sigma_report(l, DIAG_ERROR, "placeholder-file", pair->key, "too many placeholders or values");
		return;
	}
	if (!count)
		sigma_report(l, DIAG_ERROR, "placeholder-file", v, "the list of values is empty");
	p = add_name(l->set, pair->key->text);
	for (uint32_t i = 0; i < count; i++) {
		const struct yaml_node *item = v->kind == YAML_LIST ? v->items[i] : v;

		if (yaml_is_value(item))
			add_value(l->set, p, item->text);
		else
			sigma_report(l, DIAG_ERROR, "placeholder-file", item, "a text or a number is expected here");
	}
}

int sigma_set_placeholders(struct sigma_set *set, struct str file, struct str text, struct diags *diags)
{
	struct sigma_load l = {.set = set, .arena = set->arena, .scratch = set->loader->scratch, .diags = diags,
			       .file = arena_str(set->arena, file)};
	struct yaml_documents docs;

	arena_reset(set->loader->scratch);
	yaml_load(l.file, text, set->loader->scratch, diags, &docs);
	for (uint32_t i = 0; i < docs.count; i++) {
		if (docs.at[i]->kind != YAML_MAP)
			sigma_report(&l, DIAG_ERROR, "placeholder-file", docs.at[i], "placeholders are a map of names to values");
		for (uint32_t k = 0; docs.at[i]->kind == YAML_MAP && k < docs.at[i]->count; k++)
			read_name(&l, &docs.at[i]->pairs[k]);
	}
	return l.errors || docs.bad ? ERR_FORMAT : 0;
}

const struct sigma_placeholder *sigma_placeholder_find(const struct sigma_set *set, struct str name)
{
	uint32_t at = map_get(set->loader->placeholder_names, name);

	return at == MAP_NONE || !set->loader->placeholders[at].count ? NULL : &set->loader->placeholders[at];
}

/* ---- in values ---- */

static bool is_name_byte(char c)
{
	unsigned char l = ascii_lower((unsigned char)c);

	return ascii_is_digit(l) || l == '_' || l == '-' || l == '.' || (l >= 'a' && l <= 'z') || l >= 0x80;
}

/* %name% at s[i], the first '%' not escaped: the length of the whole, or 0. */
static size_t placeholder_at(struct str s, size_t i)
{
	size_t end = i + 1;

	if (s.p[i] != '%' || (i && s.p[i - 1] == '\\'))
		return 0;
	while (end < s.n && is_name_byte(s.p[end]))
		end++;
	return end > i + 1 && end < s.n && s.p[end] == '%' ? end + 1 - i : 0;
}

/* The coming piece of *rest: a placeholder's values, or the text before one. False at the end. */
struct piece { struct str text; const struct sigma_placeholder *values; bool unset; };

static bool next_piece(struct sigma_load *l, const struct yaml_node *at, struct str whole, size_t *i, struct piece *out)
{
	size_t n, from = *i;

	*out = (struct piece){0};
	if (from >= whole.n)
		return false;
	n = placeholder_at(whole, from);
	if (!n) {
		while (*i < whole.n && !placeholder_at(whole, *i))
			++*i;
		out->text = str_n(whole.p + from, *i - from);
		return true;
	}
	*i += n;
	out->text = str_n(whole.p + from + 1, n - 2);
	out->values = sigma_placeholder_find(l->set, out->text);
	out->unset = !out->values;
	if (out->unset) {
		sigma_report(l, DIAG_UNSUPPORTED, "placeholder", at, "placeholder %%%.*s%% is not set", STR_ARGS(out->text));
		l->placeholders++;
	}
	return true;
}

/* "\%" is a plain percent sign. */
static struct str unescape(struct arena *a, struct str s)
{
	struct buf plain = {0};
	struct str out = s;

	if (str_find(s, STR("\\%")) >= 0) {
		for (size_t k = 0; k < s.n; k++)
			if (s.p[k] != '\\' || k + 1 == s.n || s.p[k + 1] != '%')
				buf_byte(&plain, s.p[k]);
		out = arena_str(a, buf_get(&plain));
	}
	buf_free(&plain);
	return out;
}

/* Every pattern of `x` with every pattern of `more` behind it. */
static void multiply(struct sigma_load *l, struct sigma_expanded *x, const struct sigma_pattern *more, uint32_t count)
{
	struct sigma_expanded out = {.unset = x->unset, .full = x->full};

	if ((uint64_t)x->count * count > SIGMA_PLACEHOLDER_VALUES_MAX) {
		x->full = true;
		return;
	}
	out.at = ARENA_ARRAY(l->scratch, struct sigma_pattern, x->count * count + 1);
	for (uint32_t i = 0; i < x->count; i++)
		for (uint32_t k = 0; k < count; k++)
			out.at[out.count++] = sigma_pattern_join(l->scratch, x->at[i], more[k]);
	*x = out;
}

static void expand_literal(struct sigma_load *l, const struct yaml_node *at, struct str text, struct sigma_expanded *x)
{
	struct piece piece;
	size_t i = 0;

	while (!x->full && next_piece(l, at, text, &i, &piece)) {
		uint32_t count = piece.values ? piece.values->count : 1;
		struct sigma_pattern *more = ARENA_ARRAY(l->scratch, struct sigma_pattern, count);

		x->unset |= piece.unset;
		for (uint32_t k = 0; k < count; k++)
			more[k] = piece.values ? sigma_pattern_parse(l->scratch, piece.values->values[k])
					       : sigma_pattern_literal(l->scratch, unescape(l->scratch, piece.text));
		multiply(l, x, more, count);
	}
}

struct sigma_expanded sigma_placeholders_expand(struct sigma_load *l, const struct yaml_node *at, struct sigma_pattern p)
{
	struct sigma_expanded x = {.at = ARENA_NEW(l->scratch, struct sigma_pattern), .count = 1};

	for (uint32_t i = 0; i < p.count && !x.full; i++) {
		struct sigma_pattern one = {&p.parts[i], 1};

		if (p.parts[i].kind == SIGMA_PART_LITERAL)
			expand_literal(l, at, p.parts[i].text, &x);
		else
			multiply(l, &x, &one, 1);
	}
	return x;
}

struct str sigma_placeholders_expand_regex(struct sigma_load *l, const struct yaml_node *at, struct str text)
{
	struct buf b = {0};
	struct str out = STR_NONE;
	struct piece piece;
	bool unset = false;

	for (size_t i = 0; next_piece(l, at, text, &i, &piece);) {
		unset |= piece.unset;
		if (!piece.values)
			buf_str(&b, unescape(l->scratch, piece.text));
		for (uint32_t k = 0; piece.values && k < piece.values->count; k++) {
			buf_text(&b, k ? "|" : "(?:");
			buf_str(&b, piece.values->values[k]);
		}
		if (piece.values)
			buf_byte(&b, ')');
	}
	if (!unset)
		out = arena_str(l->arena, buf_get(&b));
	buf_free(&b);
	return out;
}
