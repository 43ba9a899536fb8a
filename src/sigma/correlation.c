/*
 * A correlation document: everything that can be said of it without knowing the rules that it names.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sigma/correlation_load.h"

struct sigma_text sigma_text_of(struct sigma_load *l, const struct yaml_node *n)
{
	return (struct sigma_text){arena_str(l->arena, n->text), n->line, n->column};
}

void sigma_report_at(struct sigma_load *l, enum diag_severity severity, const char *code, const struct sigma_text *at,
		     const char *format, ...)
{
	struct yaml_node place = {.line = at->line, .column = at->column};
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	sigma_report(l, severity, code, &place, "%s", text);
}

struct sigma_texts sigma_texts_of(struct sigma_load *l, const struct yaml_node *n, const char *code)
{
	uint32_t count = n->kind == YAML_LIST ? n->count : 1;
	struct sigma_texts out = {ARENA_ARRAY(l->arena, struct sigma_text, count + 1), 0};

	for (uint32_t i = 0; i < count; i++) {
		const struct yaml_node *item = n->kind == YAML_LIST ? n->items[i] : n;

		if (yaml_is_value(item) && item->text.n)
			out.at[out.count++] = sigma_text_of(l, item);
		else
			sigma_report(l, DIAG_ERROR, code, item, "a text is expected here");
	}
	return out;
}

static void error(struct sigma_load *l, const char *code, const struct yaml_node *at, const char *message)
{
	sigma_report(l, DIAG_ERROR, code, at, "%s", message);
}

static void warn(struct sigma_load *l, const char *code, const struct yaml_node *at, const char *message)
{
	sigma_report(l, DIAG_WARNING, code, at, "%s", message);
}

/* ---- type, rules, fields ---- */

static void read_type(struct sigma_load *l, const struct yaml_node *map, struct sigma_correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "type");
	struct str name = yaml_text(n);

	c->spec.type = correlate_type_of(name);
	if (!name.p)
		error(l, "no-type", n ? n : map, "the correlation has no type");
	else if (str_eq(name, STR("value_median")))
		sigma_report(l, DIAG_UNSUPPORTED, "value-median", n,
			     "value_median is no type of the specification; value_percentile with 'percentile: 50' is the same");
	else if (c->spec.type == CORRELATE_TYPES)
		sigma_report(l, DIAG_ERROR, "unknown-type", n, "unknown type of correlation '%.*s'", STR_ARGS(str_head(name, 60)));
}

static bool is_value_type(enum correlate_type t)
{
	return t == CORRELATE_VALUE_COUNT || t == CORRELATE_VALUE_SUM || t == CORRELATE_VALUE_AVG ||
	       t == CORRELATE_VALUE_PERCENTILE;
}

static bool is_temporal(enum correlate_type t)
{
	return t == CORRELATE_TEMPORAL || t == CORRELATE_TEMPORAL_ORDERED;
}

static void check_twice(struct sigma_load *l, const struct sigma_texts *t, const char *code)
{
	for (uint32_t i = 0; i < t->count; i++)
		for (uint32_t k = 0; k < i; k++)
			if (str_eq_nocase(t->at[i].text, t->at[k].text)) {
				sigma_report_at(l, DIAG_ERROR, code, &t->at[i], "'%.*s' stands there twice",
						STR_ARGS(str_head(t->at[i].text, 60)));
				break;
			}
}

static struct sigma_texts read_list(struct sigma_load *l, const struct yaml_node *n, const char *code, uint32_t max)
{
	struct sigma_texts t = {0};

	if (n->kind == YAML_LIST && n->count > max) {
		sigma_report(l, DIAG_ERROR, code, n, "more than %u", max);
		return t;
	}
	t = sigma_texts_of(l, n, code);
	check_twice(l, &t, code);
	return t;
}

static void read_rules(struct sigma_load *l, const struct yaml_node *map, struct sigma_pending_correlation *p)
{
	const struct yaml_node *n = yaml_get(map, "rules");

	if (!n || n->kind == YAML_MAP || (n->kind == YAML_LIST && !n->count)) {
		error(l, "no-rules", n ? n : map, "the correlation must list the ids or names of rules");
		return;
	}
	p->rules = read_list(l, n, "bad-rules", CORRELATE_RULES_MAX);
	p->made->spec.rule_count = p->rules.count;
}

static void read_groups(struct sigma_load *l, const struct yaml_node *map, struct sigma_pending_correlation *p)
{
	const struct yaml_node *n = yaml_get(map, "group-by");

	if (n && n->kind == YAML_MAP)
		error(l, "bad-group-by", n, "'group-by' must be a list of fields");
	else if (n && n->type != YAML_NULL)
		p->groups = read_list(l, n, "bad-group-by", SIGMA_GROUPS_MAX);
}

/* ---- timespan ---- */

struct unit { char letter; double seconds; const char *note; };
static const struct unit units[] = {
	{'s', 1, NULL}, {'m', 60, NULL}, {'h', 3600, NULL}, {'d', 86400, NULL},
	{'w', 604800, "w (7 days) is not in the specification, which has s, m, h, d"},
	{'M', 2629746, "M is a month of 2,629,746 seconds, not a minute (m), and not in the specification"},
	{'y', 31556952, "y is a year of 31,556,952 seconds and not in the specification"},
};

static void read_timespan(struct sigma_load *l, const struct yaml_node *map, struct sigma_correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "timespan");
	struct str text = yaml_text(n);
	const struct unit *unit = NULL;
	uint64_t number = 0;

	if (!text.p) {
		error(l, "no-timespan", n ? n : map, "the correlation has no timespan");
		return;
	}
	for (size_t i = 0; text.n && i < sizeof units / sizeof *units; i++)
		if (units[i].letter == text.p[text.n - 1])
			unit = &units[i];
	if (!unit || str_to_u64(str_head(text, text.n - 1), &number) < 0 || !number) {
		error(l, "bad-timespan", n, "a timespan is a number, 1 or more, and s, m, h or d: 90m");
		return;
	}
	if ((double)number * unit->seconds * (double)TICKS_PER_SECOND > (double)SIGMA_TIMESPAN_MAX) {
		error(l, "bad-timespan", n, "a timespan of more than 100 years");
		return;
	}
	if (unit->note)
		warn(l, "timespan-unit", n, unit->note);
	c->spec.timespan = (int64_t)((double)number * unit->seconds) * TICKS_PER_SECOND;
}

/* ---- condition ---- */

static const char *const operators[CORRELATE_OPS] = {
	[CORRELATE_GT] = "gt", [CORRELATE_GTE] = "gte", [CORRELATE_LT] = "lt", [CORRELATE_LTE] = "lte",
	[CORRELATE_EQ] = "eq", [CORRELATE_NEQ] = "neq",
};

static bool read_number(struct sigma_load *l, const struct yaml_node *n, double *out)
{
	if (yaml_is_value(n) && str_to_double(n->text, out) == 0 && isfinite(*out))
		return true;
	error(l, "bad-number", n, "a number is expected here");
	return false;
}

/* A window begins with a match, so that it never counts none: silence is not seen so. */
static bool never_counts(enum correlate_op op, double number)
{
	return (op == CORRELATE_EQ && (number < 1 || number != floor(number))) || (op == CORRELATE_LT && number <= 1) ||
	       (op == CORRELATE_LTE && number < 1);
}

static void add_operator(struct sigma_load *l, const struct yaml_pair *pair, enum correlate_op op,
			 struct correlate_spec *spec)
{
	double number;

	if (!read_number(l, pair->value, &number))
		return;
	if (spec->condition_count == CORRELATE_CONDITIONS_MAX) {
		error(l, "condition-operators", pair->key, "a condition has one operator, or two for a range");
		return;
	}
	if (spec->type == CORRELATE_EVENT_COUNT && never_counts(op, number))
		warn(l, "condition-never", pair->value, "this never holds: a window begins with an event, so it counts at least 1");
	spec->conditions[spec->condition_count].op = op;
	spec->conditions[spec->condition_count++].number = number;
}

static void read_percentile(struct sigma_load *l, const struct yaml_pair *pair, struct correlate_spec *spec)
{
	if (spec->type != CORRELATE_VALUE_PERCENTILE)
		warn(l, "percentile-unused", pair->key, "only value_percentile has a percentile");
	if (read_number(l, pair->value, &spec->percentile) && (spec->percentile < 0 || spec->percentile > 100))
		error(l, "bad-number", pair->value, "a percentile is a number from 0 to 100");
}

static void read_field(struct sigma_load *l, const struct yaml_pair *pair, struct sigma_pending_correlation *p)
{
	enum correlate_type type = p->made->spec.type;

	if (pair->value->kind == YAML_MAP || (pair->value->kind == YAML_LIST && !pair->value->count)) {
		error(l, "bad-field", pair->value, "'field' must name a field");
		return;
	}
	if (!is_value_type(type) && type != CORRELATE_TYPES) {
		warn(l, "field-unused", pair->key, "this type of correlation looks at no field");
		return;
	}
	if (pair->value->kind == YAML_LIST && pair->value->count > 1 && type != CORRELATE_VALUE_COUNT && type != CORRELATE_TYPES) {
		error(l, "bad-field", pair->value, "only value_count takes several fields");
		return;
	}
	p->values = read_list(l, pair->value, "bad-field", SIGMA_VALUES_MAX);
}

static void read_condition_key(struct sigma_load *l, const struct yaml_pair *pair, struct sigma_pending_correlation *p)
{
	struct str key = pair->key->text;
	unsigned op = 0;

	while (op < CORRELATE_OPS && !str_eq(key, str_c(operators[op])))
		op++;
	if (op < CORRELATE_OPS)
		add_operator(l, pair, (enum correlate_op)op, &p->made->spec);
	else if (str_eq(key, STR("field")))
		read_field(l, pair, p);
	else if (str_eq(key, STR("percentile")))
		read_percentile(l, pair, &p->made->spec);
	else
		sigma_report(l, DIAG_ERROR, "condition-key", pair->key,
			     "'%.*s' is none of gt, gte, lt, lte, eq, neq, field, percentile", STR_ARGS(str_head(key, 60)));
}

static void check_condition(struct sigma_load *l, const struct yaml_node *n, const struct sigma_pending_correlation *p)
{
	const struct correlate_spec *spec = &p->made->spec;

	if (!spec->condition_count && !l->errors)
		error(l, "no-condition", n, "the condition has none of gt, gte, lt, lte, eq, neq");
	if (is_value_type(spec->type) && !p->values.count && !l->errors)
		error(l, "no-field", n, "the condition must name a 'field' for this type of correlation");
	if (spec->type == CORRELATE_VALUE_PERCENTILE && !yaml_get(n, "percentile"))
		warn(l, "percentile-default", n, "without 'percentile' the median (50) is compared");
}

static void read_condition(struct sigma_load *l, const struct yaml_node *map, struct sigma_pending_correlation *p)
{
	const struct yaml_node *n = yaml_get(map, "condition");
	enum correlate_type type = p->made->spec.type;

	p->made->spec.percentile = 50;
	if (!n || n->type == YAML_NULL) {
		if (!is_temporal(type))
			error(l, "no-condition", n ? n : map, "the correlation has no condition");
		return;
	}
	if (n->kind != YAML_MAP) {
		if (is_temporal(type) && yaml_is_value(n))
			sigma_report(l, DIAG_UNSUPPORTED, "temporal-expression", n,
				     "expressions over rules as a condition are not in the specification and not read");
		else
			error(l, "bad-condition", n, "the condition of a correlation is a map: {gte: 10}");
		return;
	}
	for (uint32_t i = 0; i < n->count; i++)
		read_condition_key(l, &n->pairs[i], p);
	check_condition(l, n, p);
}

/* ---- aliases, generate ---- */

static void read_alias(struct sigma_load *l, const struct yaml_pair *pair, struct sigma_alias *out)
{
	const struct yaml_node *rows = pair->value;

	out->name = sigma_text_of(l, pair->key);
	if (rows->kind != YAML_MAP || !rows->count) {
		error(l, "bad-aliases", rows, "an alias is a map of rules to fields");
		return;
	}
	out->rows = ARENA_ARRAY(l->arena, struct sigma_alias_row, rows->count);
	for (uint32_t i = 0; i < rows->count; i++) {
		const struct yaml_pair *row = &rows->pairs[i];

		if (!yaml_is_value(row->value) || !row->value->text.n) {
			error(l, "bad-aliases", row->value, "the name of a field is expected here");
			continue;
		}
		out->rows[out->count].rule = sigma_text_of(l, row->key);
		out->rows[out->count++].field = sigma_text_of(l, row->value);
	}
}

static void read_aliases(struct sigma_load *l, const struct yaml_node *map, struct sigma_pending_correlation *p)
{
	const struct yaml_node *n = yaml_get(map, "aliases");

	if (!n || n->type == YAML_NULL)
		return;
	if (n->kind != YAML_MAP || n->count > SIGMA_GROUPS_MAX) {
		error(l, "bad-aliases", n, "'aliases' is a map of names, each to a map of rules to fields");
		return;
	}
	p->aliases = ARENA_ARRAY(l->arena, struct sigma_alias, n->count + 1);
	p->alias_count = n->count;
	for (uint32_t i = 0; i < n->count; i++)
		read_alias(l, &n->pairs[i], &p->aliases[i]);
}

/* The schema has it beside title and level, others in the correlation: both are read. */
static void read_generate(struct sigma_load *l, const struct yaml_node *root, const struct yaml_node *map,
			  struct sigma_correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "generate");

	if (!n)
		n = yaml_get(root, "generate");
	if (!n)
		return;
	if (n->kind != YAML_SCALAR || n->type != YAML_BOOL)
		error(l, "bad-generate", n, "'generate' is true or false");
	else
		c->generate = ascii_lower((unsigned char)n->text.p[0]) == 't';
}

static void check_keys(struct sigma_load *l, const struct yaml_node *map)
{
	static const char *const known[] = {"type", "rules", "group-by", "timespan", "condition", "aliases", "generate", NULL};

	for (uint32_t i = 0; i < map->count; i++) {
		const char *const *k = known;

		while (*k && !str_eq(map->pairs[i].key->text, str_c(*k)))
			k++;
		if (!*k)
			sigma_report(l, DIAG_WARNING, "unknown-key", map->pairs[i].key, "a correlation has no '%.*s'",
				     STR_ARGS(str_head(map->pairs[i].key->text, 60)));
	}
}

static void read_correlation(struct sigma_load *l, const struct yaml_node *root, struct sigma_pending_correlation *p)
{
	const struct yaml_node *map = yaml_get(root, "correlation");

	if (map->kind != YAML_MAP) {
		error(l, "bad-correlation", map, "'correlation' must be a map");
		return;
	}
	p->at = (struct sigma_text){STR_NONE, map->line, map->column};
	check_keys(l, map);
	read_type(l, map, p->made);
	read_rules(l, map, p);
	read_groups(l, map, p);
	read_timespan(l, map, p->made);
	read_condition(l, map, p);
	read_aliases(l, map, p);
	read_generate(l, root, map, p->made);
}

void sigma_correlation_load(struct sigma_load *l, const struct yaml_node *root)
{
	struct sigma_pending *pending = l->set->loader->pending;
	struct sigma_pending_correlation *p = ARENA_NEW(l->arena, struct sigma_pending_correlation);

	p->made = ARENA_NEW(l->arena, struct sigma_correlation);
	p->rule = l->rule = ARENA_NEW(l->arena, struct sigma_rule);
	l->rule->file = l->file;
	l->rule->line = root->line;
	l->rule->correlation = p->made;
	sigma_document_texts(l, root);
	read_correlation(l, root, p);
	if (l->rule->level == SIGMA_LEVELS)
		l->rule->level = SIGMA_INFORMATIONAL;
	if (pending->correlations.n >= SIGMA_CORRELATIONS_MAX)
		sigma_report(l, DIAG_ERROR, "too-many-rules", root, "more than %u correlations", SIGMA_CORRELATIONS_MAX);
	if (!l->errors && !l->unsupported)
		*vec_add(&pending->correlations) = p;
}
