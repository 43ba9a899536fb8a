#include "hunt/explain.h"

#include <string.h>

#include "base/utf8.h"
#include "event/value.h"

#define VALUES_SHOWN 3u
#define VALUE_SHOWN_BYTES 160u
#define INDENT 2u

static void put_mark(struct explain *x, bool holds)
{
	if (x->color)
		buf_text(x->out, holds ? "\033[32m✓\033[0m " : "\033[31m✗\033[0m ");
	else
		buf_text(x->out, holds ? "✓ " : "✗ ");
}

static void put_begin(struct explain *x, unsigned depth, bool holds)
{
	for (unsigned i = 0; i < depth * INDENT; i++)
		buf_byte(x->out, ' ');
	put_mark(x, holds);
}

/* Quoted; what could steer the terminal, and bad UTF-8, is replaced. Backslashes stay single: they are all over the rules. */
static void put_text(struct explain *x, struct str s)
{
	struct buf clean = {0};

	buf_utf8(&clean, str_head(s, VALUE_SHOWN_BYTES));
	buf_byte(x->out, '"');
	for (size_t i = 0; i < clean.n; i++) {
		unsigned char c = (unsigned char)clean.p[i];
		bool c1 = c == 0xC2 && i + 1 < clean.n && (unsigned char)clean.p[i + 1] < 0xA0;

		if (c == '\n')
			buf_text(x->out, "⏎");
		else if (c < 0x20 || c == 0x7F || c1)
			buf_byte(x->out, '?');
		else
			buf_byte(x->out, (char)c);
		i += c1;
	}
	buf_byte(x->out, '"');
	if (s.n > VALUE_SHOWN_BYTES)
		buf_printf(x->out, "... (%zu bytes)", s.n);
	buf_free(&clean);
}

/* ---- sources ---- */

static struct str known_text(const struct event *e, enum sigma_dimension dimension)
{
	switch (dimension) {
	case SIGMA_DIM_PRODUCT:
		return e->product;
	case SIGMA_DIM_SERVICE:
		return e->service;
	case SIGMA_DIM_CATEGORY:
		return e->category;
	case SIGMA_DIM_CHANNEL:
		return e->channel;
	case SIGMA_DIM_PROVIDER:
		return e->provider;
	default:
		return STR_NONE;
	}
}

static void put_wanted(struct explain *x, const struct sigma_source *s)
{
	for (uint32_t i = 0; i < s->count; i++) {
		buf_text(x->out, i ? ", " : "");
		if (s->dimension == SIGMA_DIM_EVENT_ID)
			buf_i64(x->out, s->ids[i]);
		else
			put_text(x, s->texts[i]);
	}
}

static void put_source(struct explain *x, unsigned depth, const struct sigma_source *s, const struct event *e)
{
	static const char *const names[SIGMA_DIMS] = {"product", "service", "category", "channel", "provider", "event id"};
	struct str known = known_text(e, s->dimension);
	bool is_id = s->dimension == SIGMA_DIM_EVENT_ID, has = is_id ? e->event_id != EVENT_NO_ID : known.p != NULL;

	put_begin(x, depth, sigma_source_match(s, e));
	buf_printf(x->out, "%s %s ", names[s->dimension], s->count > 1 ? "is one of" : "is");
	put_wanted(x, s);
	buf_text(x->out, ": the event's is ");
	if (!has)
		buf_text(x->out, s->strict ? "unknown, and this rule needs it" : "unknown, which is no conflict");
	else if (is_id)
		buf_i64(x->out, e->event_id);
	else
		put_text(x, known);
	buf_byte(x->out, '\n');
}

/* ---- tests ---- */

static void put_values(struct explain *x, const struct sigma_match *m, const struct event *e)
{
	struct field fields[VALUES_SHOWN];
	uint32_t count = sigma_naive_values(x->naive, m, e, fields, VALUES_SHOWN);

	if (m->key == KEY_NONE)
		buf_text(x->out, "no such field in this source");
	else if (!count)
		buf_text(x->out, "no such field");
	for (uint32_t i = 0; i < count && i < VALUES_SHOWN; i++) {
		buf_text(x->out, i ? ", " : "");
		if (fields[i].kind == VALUE_NULL)
			buf_text(x->out, "null");
		else
			put_text(x, value_text(&fields[i], e->arena));
	}
	if (count > VALUES_SHOWN)
		buf_printf(x->out, " and %u more", count - VALUES_SHOWN);
}

/* The event's name for the field, where it is not the rule's; derived names begin with a byte 1. */
static void put_mapped_name(struct explain *x, const struct sigma_match *m)
{
	struct str name = m->key == KEY_NONE ? STR_NONE : keys_text(x->set->keys, m->key);

	if (name.n && *name.p == '\1')
		buf_text(x->out, " (made from other fields)");
	else if (name.n && !str_eq_nocase(name, m->field))
		buf_printf(x->out, " (%.*s)", STR_ARGS(name));
}

static void put_match(struct explain *x, const struct sigma_node *n, const struct event *e)
{
	const struct sigma_match *m = n->match;

	if (m->keyword) {
		buf_text(x->out, "keyword ");
		put_text(x, m->source_text);
		buf_text(x->out, e->raw.p ? " in the line" : " in any value");
		return;
	}
	buf_str(x->out, n->label.p && str_starts(n->label, m->field) ? n->label : m->field);
	buf_text(x->out, ": ");
	if (m->test == SIGMA_TEST_NULL)
		buf_text(x->out, "null");
	else
		put_text(x, m->source_text);
	buf_text(x->out, "   the event has ");
	put_values(x, m, e);
	put_mapped_name(x, m);
}

static void put_head(struct explain *x, const struct sigma_node *n)
{
	static const char *const words[] = {[SIGMA_NODE_AND] = "all of", [SIGMA_NODE_OR] = "any of", [SIGMA_NODE_NOT] = "not"};

	if (n->label.n)
		buf_printf(x->out, "%.*s (%s)", STR_ARGS(n->label), words[n->kind]);
	else
		buf_text(x->out, words[n->kind]);
}

/* Sources come first in a variant's tree, so that what is out by its source shows nothing else. */
static void put_node(struct explain *x, unsigned depth, const struct sigma_node *n, const struct event *e)
{
	if (n->kind == SIGMA_NODE_SOURCE) {
		put_source(x, depth, n->source, e);
		return;
	}
	put_begin(x, depth, sigma_naive_node(x->naive, n, e));
	if (n->kind == SIGMA_NODE_MATCH)
		put_match(x, n, e);
	else if (n->kind == SIGMA_NODE_AND || n->kind == SIGMA_NODE_OR || n->kind == SIGMA_NODE_NOT)
		put_head(x, n);
	buf_byte(x->out, '\n');
	for (uint32_t i = 0; i < n->child_count; i++)
		put_node(x, depth + 1, n->children[i], e);
}

static bool put_sources(struct explain *x, const struct sigma_node *root, const struct event *e)
{
	bool fits = true;

	for (uint32_t i = 0; i < root->child_count; i++) {
		const struct sigma_node *c = root->children[i];

		if (c->kind != SIGMA_NODE_SOURCE)
			continue;
		put_source(x, 2, c->source, e);
		fits &= sigma_source_match(c->source, e);
	}
	return fits;
}

static bool put_variant(struct explain *x, const struct sigma_variant *v, const struct event *e)
{
	bool holds = sigma_naive_variant(x->naive, v, e), fits;

	put_begin(x, 1, holds);
	if (v->source_name.n)
		buf_printf(x->out, "as %.*s\n", STR_ARGS(v->source_name));
	else
		buf_text(x->out, "as the rule's own log source, which the mapping does not list\n");
	fits = put_sources(x, v->root, e);
	if (!fits)
		buf_text(x->out, "    the rule is not for events of this kind; its tests are not looked at\n");
	for (uint32_t i = 0; fits && i < v->root->child_count; i++)
		if (v->root->children[i]->kind != SIGMA_NODE_SOURCE)
			put_node(x, 2, v->root->children[i], e);
	return holds;
}

bool explain_rule(struct explain *x, uint32_t rule, const struct event *e)
{
	const struct sigma_rule *r = x->set->rules[rule];
	size_t at = x->out->n, rest;
	bool holds = false;

	for (uint32_t i = 0; i < x->set->variant_count; i++)
		if (x->set->variants[i].rule_index == rule)
			holds |= put_variant(x, &x->set->variants[i], e);
	/* The verdict goes in front of what it was found from. */
	struct buf parts = {0};

	rest = x->out->n - at;
	buf_put(&parts, x->out->p + at, rest);
	x->out->n = at;
	put_mark(x, holds);
	put_text(x, r->title);
	buf_printf(x->out, " %s event %llu\n", holds ? "meets" : "does not meet", (unsigned long long)e->record);
	buf_str(x->out, buf_get(&parts));
	buf_free(&parts);
	return holds;
}
