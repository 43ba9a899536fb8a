/*
 * What a rule document says besides its tests: the texts, and the mandatory parts.
 */
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/vec.h"
#include "sigma/correlation_load.h"

#define TITLE_MAX 256u
#define DESCRIPTION_MAX 65535u
#define LIST_MAX 10000u

static const char *const level_names[SIGMA_LEVELS] = {"informational", "low", "medium", "high", "critical"};

const char *sigma_level_name(enum sigma_level level)
{
	return level < SIGMA_LEVELS ? level_names[level] : "unknown";
}

enum sigma_level sigma_level_of(struct str name)
{
	unsigned i = 0;

	while (i < SIGMA_LEVELS && !str_eq_nocase(name, str_c(level_names[i])))
		i++;
	return (enum sigma_level)i;
}

struct str sigma_description_shown(struct str description)
{
	size_t n = description.n;

	if (n <= SIGMA_DESCRIPTION_SHOWN)
		return description;
	for (n = SIGMA_DESCRIPTION_SHOWN; n && ((unsigned char)description.p[n] & 0xC0) == 0x80;)
		n--;
	return str_head(description, n);
}

void sigma_report(struct sigma_load *l, enum diag_severity severity, const char *code, const struct yaml_node *at,
		  const char *format, ...)
{
	struct diag_place place = {l->file, at ? at->line : 0, at ? at->column : 0};
	struct buf text = {0};
	char small[512];
	va_list args;

	va_start(args, format);
	vsnprintf(small, sizeof small, format, args);
	va_end(args);
	buf_text(&text, small);
	diags_add(l->diags, severity, code, place, "%.*s", STR_ARGS(buf_get(&text)));
	buf_free(&text);
	l->errors += severity == DIAG_ERROR;
	l->unsupported += severity == DIAG_UNSUPPORTED;
}

static void warn(struct sigma_load *l, const char *code, const struct yaml_node *at, const char *message)
{
	sigma_report(l, DIAG_WARNING, code, at, "%s", message);
}

/* The list of texts under a key; a single text is a list of one. */
static struct str *read_texts(struct sigma_load *l, const struct yaml_node *root, const char *key, uint32_t *out_count)
{
	const struct yaml_node *n = yaml_get(root, key);
	uint32_t count = 0, have = n && n->kind == YAML_LIST ? n->count : n != NULL;
	struct str *texts;

	if (have > LIST_MAX)
		have = LIST_MAX;
	texts = ARENA_ARRAY(l->arena, struct str, have + 1);
	for (uint32_t i = 0; i < have; i++) {
		const struct yaml_node *item = n->kind == YAML_LIST ? n->items[i] : n;

		if (yaml_is_value(item))
			texts[count++] = arena_str(l->arena, item->text);
		else if (item->kind != YAML_SCALAR)
			warn(l, "bad-text", item, "a text is expected here");
	}
	*out_count = count;
	return texts;
}

static struct str read_text(struct sigma_load *l, const struct yaml_node *root, const char *key)
{
	const struct yaml_node *n = yaml_get(root, key);

	if (n && n->kind != YAML_SCALAR)
		warn(l, "bad-text", n, "a text is expected here");
	return yaml_is_value(n) ? arena_str(l->arena, n->text) : STR_NONE;
}

/* One text, or a list of them with commas between: some rules list their authors. */
static struct str join_texts(struct sigma_load *l, const struct yaml_node *n)
{
	struct buf b = {0};
	struct str all;

	if (!n || n->kind != YAML_LIST)
		return yaml_is_value(n) ? arena_str(l->arena, n->text) : STR_NONE;
	for (uint32_t i = 0; i < n->count; i++) {
		if (b.n)
			buf_text(&b, ", ");
		buf_str(&b, yaml_text(n->items[i]));
	}
	all = arena_str(l->arena, buf_get(&b));
	buf_free(&b);
	return all;
}

static bool is_uuid(struct str s)
{
	if (s.n != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		unsigned char c = ascii_lower((unsigned char)s.p[i]);
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? c != '-' : !ascii_is_digit(c) && (c < 'a' || c > 'f'))
			return false;
	}
	return true;
}

/* YYYY-MM-DD, or version 1's YYYY/MM/DD; the day must exist. */
static bool is_date(struct str s)
{
	struct civil c = {0}, back;

	if (s.n != 10 || s.p[4] != s.p[7] || (s.p[4] != '-' && s.p[4] != '/'))
		return false;
	for (size_t i = 0; i < 10; i++)
		if (i != 4 && i != 7 && !ascii_is_digit((unsigned char)s.p[i]))
			return false;
	c.year = (s.p[0] - '0') * 1000 + (s.p[1] - '0') * 100 + (s.p[2] - '0') * 10 + s.p[3] - '0';
	c.month = (s.p[5] - '0') * 10 + s.p[6] - '0';
	c.day = (s.p[8] - '0') * 10 + s.p[9] - '0';
	if (c.year < 1601 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31)
		return false;
	clock_to_civil(clock_from_civil(&c), &back);
	return back.month == c.month && back.day == c.day;
}

static void check_texts(struct sigma_load *l, const struct yaml_node *root)
{
	static const char *const dates[] = {"date", "modified", NULL};
	static const char *const statuses[] = {"stable", "test", "experimental", "deprecated", "unsupported", NULL};
	const struct sigma_rule *r = l->rule;
	bool known = !r->status.p;

	if (r->title.n > TITLE_MAX)
		warn(l, "long-title", yaml_get(root, "title"), "the title has more than 256 bytes");
	if (r->description.n > DESCRIPTION_MAX)
		warn(l, "long-description", yaml_get(root, "description"), "the description has more than 65,535 bytes");
	if (r->id.p && !is_uuid(r->id))
		warn(l, "bad-id", yaml_get(root, "id"), "the id is not a UUID");
	for (int i = 0; dates[i]; i++) {
		const struct yaml_node *n = yaml_get(root, dates[i]);

		if (yaml_is_value(n) && !is_date(n->text))
			warn(l, "bad-date", n, "not a date (YYYY-MM-DD)");
	}
	for (int i = 0; statuses[i]; i++)
		known |= str_eq_nocase(r->status, str_c(statuses[i]));
	if (!known)
		warn(l, "bad-status", yaml_get(root, "status"), "unknown status");
}

static void read_level(struct sigma_load *l, const struct yaml_node *root)
{
	const struct yaml_node *n = yaml_get(root, "level");

	l->rule->level = n ? sigma_level_of(yaml_text(n)) : SIGMA_INFORMATIONAL;
	if (l->rule->level == SIGMA_LEVELS)
		sigma_report(l, DIAG_ERROR, "bad-level", n, "unknown level; it is one of informational, low, medium, high, critical");
}

void sigma_document_texts(struct sigma_load *l, const struct yaml_node *root)
{
	struct sigma_rule *r = l->rule;
	struct str taxonomy = yaml_text(yaml_get(root, "taxonomy"));

	r->title = read_text(l, root, "title");
	r->id = read_text(l, root, "id");
	r->name = read_text(l, root, "name");
	r->status = read_text(l, root, "status");
	r->author = join_texts(l, yaml_get(root, "author"));
	r->description = read_text(l, root, "description");
	r->date = read_text(l, root, "date");
	r->modified = read_text(l, root, "modified");
	r->tags = read_texts(l, root, "tags", &r->tag_count);
	r->references = read_texts(l, root, "references", &r->reference_count);
	r->falsepositives = read_texts(l, root, "falsepositives", &r->falsepositive_count);
	if (!str_trim(r->title).n)
		sigma_report(l, DIAG_ERROR, "no-title", root, "the rule has no title");
	if (taxonomy.p && !str_eq(taxonomy, STR("sigma")))
		sigma_report(l, DIAG_UNSUPPORTED, "taxonomy", yaml_get(root, "taxonomy"), "taxonomy '%.*s' is not known here",
			     STR_ARGS(str_head(taxonomy, 60)));
	read_level(l, root);
	check_texts(l, root);
}

void sigma_document_logsource(struct sigma_load *l, const struct yaml_node *root)
{
	const struct yaml_node *n = yaml_get(root, "logsource");
	struct { const char *key; struct str *out; } parts[] = {
		{"product", &l->rule->product}, {"category", &l->rule->category}, {"service", &l->rule->service}};
	bool any = false;

	if (!n || n->kind != YAML_MAP) {
		sigma_report(l, DIAG_ERROR, "no-logsource", n ? n : root, "the rule has no map 'logsource'");
		return;
	}
	for (int i = 0; i < 3; i++) {
		const struct yaml_node *v = yaml_get(n, parts[i].key);

		if (v && v->kind != YAML_SCALAR)
			sigma_report(l, DIAG_ERROR, "bad-logsource", v, "'%s' must be a text", parts[i].key);
		else if (yaml_is_value(v) && v->text.n)
			*parts[i].out = sigma_fold(l->arena, v->text);
		any |= parts[i].out->p != NULL;
	}
	if (!any)
		sigma_report(l, DIAG_ERROR, "no-logsource", n, "the log source names no product, category or service");
}

void sigma_rule_note_field(struct sigma_load *l, struct str field)
{
	struct sigma_rule *r = l->rule;
	uint32_t cap = 8;

	for (uint32_t i = 0; i < r->field_count; i++)
		if (str_eq(r->fields[i], field))
			return;
	if (r->field_count >= SIGMA_FIELDS_MAX) {
		if (!l->full)
			sigma_report(l, DIAG_ERROR, "too-large", NULL, "the rule tests more than %u fields", SIGMA_FIELDS_MAX);
		l->full = true;
		return;
	}
	while (cap <= r->field_count)
		cap *= 2;
	if (r->field_count == 0 || cap == r->field_count * 2) {	/* the array is full at powers of two */
		struct str *more = ARENA_ARRAY(l->arena, struct str, cap);

		if (r->field_count)
			memcpy(more, r->fields, r->field_count * sizeof *more);
		r->fields = more;
	}
	r->fields[r->field_count++] = field;
}

/* ---- detection ---- */

static bool is_listed(const char *const *list, struct str name)
{
	for (; *list; list++)
		if (str_eq(name, str_c(*list)))
			return true;
	return false;
}

static uint32_t read_identifiers(struct sigma_load *l, const struct yaml_node *detection, const char *const *skip,
				 struct sigma_identifier *out)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < detection->count; i++) {
		struct yaml_pair p = detection->pairs[i];

		if (str_eq(p.key->text, STR("condition")) || is_listed(skip, p.key->text))
			continue;
		if (str_eq(p.key->text, STR("timeframe"))) {
			sigma_report(l, DIAG_UNSUPPORTED, "v1-timeframe", p.key, "version 1 timeframe, use a correlation rule");
			continue;
		}
		out[count].name = p.key->text;
		out[count].at = p.key;
		out[count].node = sigma_detection_load(l, p.value);
		if (out[count].node && !out[count].node->label.p)
			out[count].node->label = arena_str(l->arena, p.key->text);
		count++;
	}
	return count;
}

static struct sigma_node *read_conditions(struct sigma_load *l, const struct yaml_node *n, struct sigma_identifier *ids,
					  uint32_t id_count)
{
	uint32_t count = n->kind == YAML_LIST ? n->count : 1;
	struct sigma_node **trees = ARENA_ARRAY(l->scratch, struct sigma_node *, count + 1), *root = NULL;
	bool ok = count > 0;

	if (!count)
		sigma_report(l, DIAG_ERROR, "condition", n, "the list of conditions is empty");
	for (uint32_t i = 0; i < count; i++) {
		trees[i] = sigma_condition_load(l, n->kind == YAML_LIST ? n->items[i] : n, ids, id_count);
		ok &= trees[i] != NULL;
	}
	if (ok)
		root = sigma_node_join(l, SIGMA_NODE_OR, trees, count);
	for (uint32_t i = 0; ok && i < id_count; i++)
		if (!ids[i].used)
			sigma_report(l, DIAG_WARNING, "unused-identifier", ids[i].at, "the condition does not use '%.*s'",
				     STR_ARGS(str_head(ids[i].name, 60)));
	return root;
}

/* A stand-in for an identifier with an error, so that the condition is still checked. */
static void fill_gaps(struct sigma_load *l, struct sigma_identifier *ids, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (ids[i].node)
			continue;
		ids[i].node = ARENA_NEW(l->arena, struct sigma_node);
		ids[i].node->kind = SIGMA_NODE_FALSE;
	}
}

struct sigma_node *sigma_document_conditions(struct sigma_load *l, const struct yaml_node *n, const char *const *skip)
{
	const struct yaml_node *condition = yaml_get(n, "condition");
	struct sigma_identifier *ids = mem_alloc((n->count + 1) * sizeof *ids);
	uint32_t count = read_identifiers(l, n, skip, ids);
	struct sigma_node *root = NULL;

	fill_gaps(l, ids, count);
	if (!count)
		sigma_report(l, DIAG_ERROR, "empty-detection", n, "there is no search identifier");
	else if (!condition)
		sigma_report(l, DIAG_ERROR, "no-condition", n, "the detection has no condition");
	else
		root = read_conditions(l, condition, ids, count);
	vec_release(ids);
	return root;
}

static void read_detection(struct sigma_load *l, const struct yaml_node *root)
{
	static const char *const skip[] = {NULL};
	const struct yaml_node *n = yaml_get(root, "detection");

	if (n && n->kind == YAML_MAP)
		l->rule->root = sigma_document_conditions(l, n, skip);
	else
		sigma_report(l, DIAG_ERROR, "no-detection", n ? n : root, "'detection' must be a map");
}

bool sigma_document_load(struct sigma_load *l, const struct yaml_node *root)
{
	l->rule = ARENA_NEW(l->arena, struct sigma_rule);
	l->rule->file = l->file;
	l->rule->line = root->line;
	sigma_document_texts(l, root);
	sigma_document_logsource(l, root);
	read_detection(l, root);
	if (l->rule->level == SIGMA_LEVELS)
		l->rule->level = SIGMA_INFORMATIONAL;
	return !l->errors && !l->unsupported && l->rule->root;
}
