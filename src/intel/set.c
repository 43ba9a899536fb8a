#include "intel/parts.h"

#include "base/err.h"
#include "base/utf8.h"
#include "intel/allow.h"

#include <stdlib.h>
#include <string.h>

struct intel *intel_new(int64_t now, bool judge_now, struct diags *diags)
{
	struct intel *set = mem_alloc(sizeof *set);

	set->now = now;
	set->judge_now = judge_now;
	set->diags = diags;
	set->texts = arena_new(1 << 20);
	return set;
}

void intel_free(struct intel *set)
{
	if (!set)
		return;
	allow_free(set->allow);
	vec_free(&set->entries);
	vec_free(&set->origins);
	vec_free(&set->groups);
	vec_free(&set->files);
	free(set->slots);
	free(set->bloom);
	arena_free(set->texts);
	free(set);
}

const struct intel_counts *intel_counts(const struct intel *set)
{
	return &set->counts;
}

uint64_t intel_counts_total(const struct intel_counts *c)
{
	uint64_t n = 0;

	for (unsigned t = 0; t < INTEL_TYPES; t++)
		n += c->loaded[t];
	return n;
}

bool intel_has(const struct intel *set, enum intel_type type)
{
	return set->counts.loaded[type] > 0;
}

void intel_begin(struct intel *set, struct str file, struct intel_context *out)
{
	*out = (struct intel_context){.set = set, .file = (uint32_t)set->files.n};
	out->origin = (struct intel_origin){.from = TICKS_NONE, .until = TICKS_NONE, .file = out->file, .level = INTEL_MEDIUM};
	*vec_add(&set->files) = arena_str(set->texts, file);
}

/* --- what is wrong --- */

struct str intel_shown(struct intel *set, struct str s)
{
	struct buf b = {0};
	struct str out;

	for (size_t i = 0, size; i < s.n && b.n < 80; i += size) {
		uint32_t c = utf8_decode(s.p + i, s.n - i, &size);
		char bytes[4];

		if (c < ' ' || (c >= 0x7f && c < 0xa0))
			c = UTF8_REPLACEMENT;
		buf_put(&b, bytes, utf8_encode(c, bytes));
	}
	if (b.n >= 80)
		buf_text(&b, "...");
	out = arena_str(set->texts, buf_get(&b));
	buf_free(&b);
	return out;
}

static void tell(struct intel_context *c, enum diag_severity severity, const char *code, const char *why, struct str what)
{
	struct diag_place place = {c->set->files.at[c->file], c->line, 0};

	/* Past the limit diags only counts: no texts for those. */
	if (diags_kept(c->set->diags) == DIAGS_MAX)
		what = STR_NONE;
	else
		what = intel_shown(c->set, what);
	diags_add(c->set->diags, severity, code, place, what.n ? "%s: %.*s" : "%s%.*s", why, STR_ARGS(what));
}

void intel_refuse(struct intel_context *c, const char *code, const char *why, struct str what)
{
	c->set->counts.refused++;
	tell(c, DIAG_ERROR, code, why, what);
}

void intel_pass(struct intel_context *c, const char *code, const char *why, struct str what)
{
	c->set->counts.unused++;
	tell(c, DIAG_UNSUPPORTED, code, why, what);
}

void intel_warn(struct intel_context *c, const char *code, const char *why, struct str what)
{
	tell(c, DIAG_WARNING, code, why, what);
}

/* --- adding --- */

uint32_t intel_origin_of(struct intel_context *c)
{
	struct intel *set = c->set;
	const struct intel_origin *o = &c->origin, *last;

	if (set->origins.n) {
		last = &set->origins.at[set->origins.n - 1];
		if (last->from == o->from && last->until == o->until && last->name == o->name && last->file == o->file &&
		    last->level == o->level)
			return (uint32_t)set->origins.n - 1;
	}
	*vec_add(&set->origins) = *o;
	return (uint32_t)set->origins.n - 1;
}

static bool is_net(enum intel_type type)
{
	return type <= INTEL_EMAIL;
}

static bool is_current(struct intel_context *c)
{
	const struct intel *set = c->set;

	return !set->judge_now || ((c->origin.from == TICKS_NONE || c->origin.from <= set->now) &&
				   (c->origin.until == TICKS_NONE || set->now < c->origin.until));
}

static bool check_value(struct intel_context *c, enum intel_type *type, struct str value, uint8_t *prefix)
{
	char key[KEY_MAX];

	if (value.n > INTEL_VALUE_MAX) {
		intel_refuse(c, "too-long", "the value is longer than 4,096 bytes", value);
		return false;
	}
	if (!utf8_is_valid(value)) {
		intel_refuse(c, "not-utf8", "the value is not UTF-8", value);
		return false;
	}
	if (*type == INTEL_IPV6 || *type == INTEL_IPV4)
		*type = intel_key(INTEL_IPV4, value, key, prefix) ? INTEL_IPV4 : INTEL_IPV6;
	if (!intel_key(*type, value, key, prefix)) {
		char why[96];

		snprintf(why, sizeof why, "no value of type %s", intel_type_info(*type)->name);
		intel_refuse(c, "bad-value", why, value);
		return false;
	}
	return true;
}

bool intel_add(struct intel_context *c, enum intel_type type, struct str value, unsigned flags)
{
	struct intel *set = c->set;
	char plain[INTEL_VALUE_MAX + 1];
	struct intel_entry *e;
	uint8_t prefix = 0;

	value = str_trim(value);
	if (is_net(type) && value.n <= INTEL_VALUE_MAX)
		value = str_n(plain, intel_refang(value, plain));
	if (!check_value(c, &type, value, &prefix))
		return false;
	if (!is_current(c)) {
		set->counts.expired++;
		return false;
	}
	if (set->entries.n >= INTEL_INDICATORS_MAX) {
		intel_refuse(c, "too-many", "there are more indicators than can be held", value);
		return false;
	}
	e = vec_add(&set->entries);
	e->text = memcpy(arena_bytes(set->texts, value.n + 1), value.p, value.n);
	e->n = (uint32_t)value.n;
	e->origin = flags & ENTRY_LEAF ? (uint32_t)set->groups.n : intel_origin_of(c);
	e->next = NONE;
	e->type = (uint8_t)type;
	e->flags = (uint8_t)flags;
	e->prefix = prefix;
	return true;
}

int intel_not_understood(struct intel_context *c, const char *why)
{
	struct diag_place place = {c->set->files.at[c->file], 0, 0};

	diags_add(c->set->diags, DIAG_ERROR, "not-understood", place, "%s", why);
	return ERR_FORMAT;
}

/* JSON begins with '{', or with '[' and then a value that no line of a list begins with. */
static bool is_json(struct str text)
{
	text = str_trim(text);
	if (text.n && text.p[0] == '{')
		return true;
	if (!text.n || text.p[0] != '[')
		return false;
	text = str_trim(str_skip(text, 1));
	return text.n && strchr("{\"[]", text.p[0]);
}

int intel_read(struct intel *set, struct str file, struct str text)
{
	struct intel_context c;

	intel_begin(set, file, &c);
	if (text.n > INTEL_TEXT_MAX)
		return intel_not_understood(&c, "the file is larger than 1 GiB"), ERR_LIMIT;
	if (str_starts(text, STR("\xEF\xBB\xBF")))
		text = str_skip(text, 3);
	if (memchr(text.p ? text.p : "", 0, text.n < 4096 ? text.n : 4096))
		return intel_not_understood(&c, "the file is not text");
	return is_json(text) ? intel_read_json(&c, text) : intel_read_lines(&c, text);
}

int intel_allow(struct intel *set, struct str file, struct str text)
{
	struct intel_context c;

	intel_begin(set, file, &c);
	if (!set->allow)
		set->allow = allow_new();
	if (str_starts(text, STR("\xEF\xBB\xBF")))
		text = str_skip(text, 3);
	return is_json(text) ? allow_read_json(set->allow, &c, text) : allow_read_lines(set->allow, &c, text);
}

/* Groups lose nothing by an allow-list but as a whole. */
static void take_out_allowed(struct intel *set)
{
	size_t to = 0;

	if (!set->allow)
		return;
	for (size_t i = 0; i < set->entries.n; i++) {
		const struct intel_entry *e = &set->entries.at[i];
		bool covered = !(e->flags & ENTRY_LEAF) && allow_covers(set->allow, e);

		set->counts.allowed += covered;
		if (covered)
			continue;
		if (e->flags & ENTRY_LEAF && set->groups.at[e->origin].first == i)
			set->groups.at[e->origin].first = (uint32_t)to;
		set->entries.at[to++] = *e;
	}
	set->entries.n = to;
}

void intel_freeze(struct intel *set)
{
	take_out_allowed(set);
	intel_build(set);
	set->frozen = true;
}

struct intel_indicator intel_indicator(const struct intel *set, uint32_t id)
{
	const struct intel_origin *o;
	struct intel_indicator out;

	if (id & ID_GROUP) {
		const struct intel_group *g = &set->groups.at[id & ~ID_GROUP];

		o = &set->origins.at[g->origin];
		out.type = INTEL_PATTERN;
		out.value = g->text;
	} else {
		const struct intel_entry *e = &set->entries.at[id];

		o = &set->origins.at[e->origin];
		out.type = (enum intel_type)e->type;
		out.value = str_n(e->text, e->n);
	}
	out.level = (enum intel_level)o->level;
	out.file = set->files.at[o->file];
	out.name = o->name ? str_n(o->name, o->name_n) : STR_NONE;
	out.valid_from = o->from;
	out.valid_until = o->until;
	return out;
}
