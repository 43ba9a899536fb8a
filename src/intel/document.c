/*
 * Documents in JSON: STIX 2.1 bundles, single objects and lists of them; MISP's events, search results, feeds and lists of
 * attributes. One walk reads both, for keys tell them apart and come in any order.
 */
#include "intel/lower.h"
#include "intel/pull.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	struct intel_context *c;
	struct pull pull;
	struct str text;
	struct arena *scratch;		/* of one object of STIX, or attribute of MISP */
	struct arena *patterns;
	uint64_t understood;		/* objects that are of a kind we read */
	bool is_manifest;		/* of a MISP feed */
	bool is_allow;
};

/* --- STIX --- */

enum stix_key { KEY_TYPE, KEY_PATTERN, KEY_PATTERN_TYPE, KEY_NAME, KEY_FROM, KEY_UNTIL, KEY_REVOKED, KEY_CONFIDENCE, KEY_INFO,
		KEY_THREAT, STIX_KEYS };

static const char *const stix_keys[STIX_KEYS] = {"type", "pattern", "pattern_type", "name", "valid_from", "valid_until", "revoked",
						 "confidence", "info", "threat_level_id"};

struct object {
	struct str values[STIX_KEYS];
	uint32_t line;
	bool is_event;			/* of MISP: it has attributes */
	size_t first_origin;
};

static void set_name(struct intel_context *c, struct str name)
{
	struct str kept = arena_str(c->set->texts, str_head(name, 200));

	c->origin.name = name.p ? kept.p : NULL;
	c->origin.name_n = (uint32_t)kept.n;
}

static enum intel_level level_of(struct str confidence)
{
	uint64_t v;

	if (!confidence.p || str_to_u64(confidence, &v))
		return INTEL_MEDIUM;
	return v >= 70 ? INTEL_HIGH : v >= 30 ? INTEL_MEDIUM : INTEL_LOW;
}

static bool take_times(struct intel_context *c, struct str from, struct str until)
{
	struct intel_origin *o = &c->origin;

	if (from.p && !intel_parse_time(from, &o->from))
		return intel_refuse(c, "bad-time", "valid_from is not a time", from), false;
	if (until.p && !intel_parse_time(until, &o->until))
		return intel_refuse(c, "bad-time", "valid_until is not a time", until), false;
	if (o->from != TICKS_NONE && o->until != TICKS_NONE && o->until <= o->from)
		return intel_refuse(c, "bad-time", "valid_until is not behind valid_from", until), false;
	return true;
}

/* All leaves, or none where one of them is refused. */
static void add_group(struct intel_context *c, const struct lower_conj *conj, struct str pattern)
{
	struct intel *set = c->set;
	uint32_t first = (uint32_t)set->entries.n, origin = intel_origin_of(c);
	struct intel_group *g;

	for (uint32_t i = 0; i < conj->count; i++) {
		if (!intel_add(c, (enum intel_type)conj->leaves[i].type, conj->leaves[i].value, ENTRY_EXACT | ENTRY_LEAF)) {
			set->entries.n = first;
			return;
		}
	}
	g = vec_add(&set->groups);
	*g = (struct intel_group){first, conj->count, origin, arena_str(set->texts, str_head(pattern, 1024))};
}

static void add_alternative(struct intel_context *c, const struct lower_conj *conj, struct str pattern)
{
	struct intel_origin kept = c->origin;

	if (conj->why) {
		intel_pass(c, "pattern-part", conj->why, pattern);
		return;
	}
	if (conj->from != TICKS_NONE && conj->from > c->origin.from)
		c->origin.from = conj->from;
	if (conj->until != TICKS_NONE && (c->origin.until == TICKS_NONE || conj->until < c->origin.until))
		c->origin.until = conj->until;
	if (conj->count == 1)
		intel_add(c, (enum intel_type)conj->leaves[0].type, conj->leaves[0].value, ENTRY_EXACT);
	else
		add_group(c, conj, pattern);
	c->origin = kept;
}

static void add_pattern(struct reader *r, struct str pattern)
{
	struct intel_context *c = r->c;
	struct pattern_error error;
	struct pattern_node *n;
	struct lower_list l;

	arena_reset(r->patterns);
	n = pattern_parse(pattern, r->patterns, &error);
	if (!n) {
		char why[160];

		snprintf(why, sizeof why, "the pattern is wrong at character %zu, %s", error.at + 1, error.message);
		intel_refuse(c, "bad-pattern", why, pattern);
		return;
	}
	l = lower_pattern(n, r->patterns);
	for (uint32_t i = 0; i < l.n; i++) {
		if (!l.at[i].why && l.at[i].joined)
			intel_warn(c, "one-event", "its observations are looked for in one event only", pattern);
		add_alternative(c, &l.at[i], pattern);
	}
}

static void add_indicator(struct reader *r, const struct object *o)
{
	struct intel_context *c = r->c;
	const struct str *v = o->values;

	c->line = o->line;
	c->origin = (struct intel_origin){.from = TICKS_NONE, .until = TICKS_NONE, .file = c->file,
					  .level = (uint8_t)level_of(v[KEY_CONFIDENCE])};
	set_name(c, v[KEY_NAME]);
	if (str_eq(v[KEY_REVOKED], STR("true"))) {
		c->set->counts.revoked++;
		return;
	}
	if (!v[KEY_PATTERN].p)
		intel_refuse(c, "no-pattern", "an indicator without a pattern", v[KEY_NAME]);
	else if (v[KEY_PATTERN_TYPE].p && !str_eq(v[KEY_PATTERN_TYPE], STR("stix")))
		intel_pass(c, "pattern-type", "patterns of this type are not evaluated", v[KEY_PATTERN_TYPE]);
	else if (take_times(c, v[KEY_FROM], v[KEY_UNTIL]))
		add_pattern(r, v[KEY_PATTERN]);
}

/* --- MISP --- */

enum misp_key { MISP_TYPE, MISP_VALUE, MISP_TO_IDS, MISP_DELETED, MISP_FIRST, MISP_LAST, MISP_KEYS };

static const char *const misp_keys[MISP_KEYS] = {"type", "value", "to_ids", "deleted", "first_seen", "last_seen"};

static bool is_true(struct str s)
{
	return str_eq(s, STR("true")) || str_eq(s, STR("1"));
}

/* Both halves of domain|ip mean something alone; else the half that is the stronger sign. */
static void add_composite(struct intel_context *c, struct str type, struct str value)
{
	struct str type2 = type, value2 = value, type1 = str_cut(&type2, '|'), value1 = str_cut(&value2, '|');
	bool second = intel_type_of(type2) != INTEL_TYPES, first = intel_type_of(type1) != INTEL_TYPES;

	if (!value2.p) {
		intel_refuse(c, "bad-value", "a value of two parts has no '|'", value);
		return;
	}
	if (str_eq(type1, STR("filename")) && !second)
		intel_pass(c, "type", "this type is not matched", type);
	else if (second && str_eq(type1, STR("filename")))
		intel_add(c, intel_type_of(type2), value2, 0);
	else if (first) {
		intel_add(c, intel_type_of(type1), value1, str_eq(type1, STR("hostname")) ? ENTRY_EXACT : 0);
		if (second && !str_eq(type2, STR("port")) && !str_eq(type2, STR("value")))
			intel_add(c, intel_type_of(type2), value2, 0);
	} else {
		intel_pass(c, "type", "this type is not matched", type);
	}
}

static void add_typed(struct intel_context *c, struct str type, struct str value)
{
	if (str_eq(type, STR("malware-sample")))
		type = STR("filename|md5");
	if (str_find_byte(type, '|') > 0)
		add_composite(c, type, value);
	else if (intel_type_of(type) == INTEL_TYPES)
		intel_pass(c, "type", "this type is not matched", type);
	else
		intel_add(c, intel_type_of(type), value, str_eq(type, STR("hostname")) ? ENTRY_EXACT : 0);
}

static bool take_seen(struct intel_context *c, struct str first, struct str last)
{
	struct intel_origin *o = &c->origin;

	if (first.n && !str_eq(first, STR("null")) && !intel_parse_time(first, &o->from))
		return intel_refuse(c, "bad-time", "first_seen is not a time", first), false;
	if (last.n && !str_eq(last, STR("null"))) {
		if (!intel_parse_time(last, &o->until))
			return intel_refuse(c, "bad-time", "last_seen is not a time", last), false;
		o->until++;	/* the moment itself belongs to it */
	}
	if (o->from != TICKS_NONE && o->until != TICKS_NONE && o->until <= o->from)
		return intel_refuse(c, "bad-time", "last_seen is before first_seen", last), false;
	return true;
}

static void add_attribute(struct reader *r, const struct str *v, uint32_t line)
{
	struct intel_context *c = r->c;

	c->line = line;
	c->origin = (struct intel_origin){.from = TICKS_NONE, .until = TICKS_NONE, .file = c->file, .level = INTEL_MEDIUM};
	r->understood++;
	if (is_true(v[MISP_DELETED]))
		c->set->counts.revoked++;
	else if (!v[MISP_TYPE].p || !v[MISP_VALUE].p)
		intel_refuse(c, "no-value", "an attribute without type or value", v[MISP_TYPE]);
	else if (v[MISP_TO_IDS].p && !is_true(v[MISP_TO_IDS]))
		intel_pass(c, "not-for-detection", "to_ids is off", v[MISP_TYPE]);
	else if (take_seen(c, v[MISP_FIRST], v[MISP_LAST]))
		add_typed(c, v[MISP_TYPE], v[MISP_VALUE]);
}

static bool take_value(struct reader *r, struct str *out)
{
	enum pull_kind kind = pull_peek(&r->pull);

	if (kind == PULL_OBJECT || kind == PULL_ARRAY)
		return pull_skip(&r->pull);
	return pull_text(&r->pull, r->scratch, out) || kind == PULL_ERROR;
}

static int find_key(const char *const *keys, unsigned count, struct str key)
{
	for (unsigned i = 0; i < count; i++) {
		if (str_eq(key, str_c(keys[i])))
			return (int)i;
	}
	return -1;
}

static void read_attribute(struct reader *r)
{
	struct str v[MISP_KEYS] = {STR_NONE}, key;
	uint32_t line;
	bool first = true;

	if (pull_peek(&r->pull) != PULL_OBJECT) {
		pull_skip(&r->pull);
		return;
	}
	line = pull_line(&r->pull);
	arena_reset(r->scratch);
	if (!pull_enter(&r->pull))
		return;
	while (pull_member(&r->pull, &first, &key)) {
		int k = find_key(misp_keys, MISP_KEYS, key);

		if (k < 0)
			pull_skip(&r->pull);
		else
			take_value(r, &v[k]);
	}
	if (!r->pull.error)
		add_attribute(r, v, line);
}

/* Each element of an array; what is no array is passed over. */
static void read_each(struct reader *r, void (*read_one)(struct reader *r))
{
	bool first = true;

	if (pull_peek(&r->pull) != PULL_ARRAY) {
		pull_skip(&r->pull);
		return;
	}
	if (!pull_enter(&r->pull))
		return;
	while (pull_element(&r->pull, &first))
		read_one(r);
}

static void read_misp_object(struct reader *r)
{
	struct str key;
	bool first = true;

	if (pull_peek(&r->pull) != PULL_OBJECT) {
		pull_skip(&r->pull);
		return;
	}
	if (!pull_enter(&r->pull))
		return;
	while (pull_member(&r->pull, &first, &key)) {
		if (str_eq(key, STR("Attribute")))
			read_each(r, read_attribute);
		else
			pull_skip(&r->pull);
	}
}

/* The event's title and threat level may stand behind its attributes. */
static void end_event(struct reader *r, const struct object *o)
{
	static const enum intel_level levels[] = {INTEL_MEDIUM, INTEL_HIGH, INTEL_MEDIUM, INTEL_LOW, INTEL_MEDIUM};
	struct intel *set = r->c->set;
	uint64_t threat = 0;

	set_name(r->c, o->values[KEY_INFO]);
	if (o->values[KEY_THREAT].p && (str_to_u64(o->values[KEY_THREAT], &threat) || threat > 4))
		threat = 0;
	for (size_t i = o->first_origin; i < set->origins.n; i++) {
		if (set->origins.at[i].name)
			continue;
		set->origins.at[i].name = r->c->origin.name;
		set->origins.at[i].name_n = r->c->origin.name_n;
		set->origins.at[i].level = (uint8_t)levels[threat];
	}
}

/* --- the walk --- */

static void read_value(struct reader *r);

static bool is_uuid(struct str key)
{
	return key.n == 36 && key.p[8] == '-' && key.p[13] == '-' && key.p[18] == '-' && key.p[23] == '-';
}

/* What is not borrowed from the input would be lost when an object within this one is read. */
static void keep_values(struct reader *r, struct object *o)
{
	for (unsigned k = 0; k < STIX_KEYS; k++) {
		struct str *v = &o->values[k];

		if (v->p && (v->p < r->text.p || v->p >= r->text.p + r->text.n))
			*v = arena_str(r->c->set->texts, str_head(*v, 200));
	}
}

/* A member of an object that may be of either kind. */
static void read_member(struct reader *r, struct object *o, struct str key)
{
	int k = find_key(stix_keys, STIX_KEYS, key);

	if (k >= 0) {
		take_value(r, &o->values[k]);
		return;
	}
	if (pull_peek(&r->pull) == PULL_OBJECT || pull_peek(&r->pull) == PULL_ARRAY)
		keep_values(r, o);
	if (str_eq(key, STR("Attribute"))) {
		o->is_event = true;
		read_each(r, read_attribute);
	} else if (str_eq(key, STR("Object"))) {
		o->is_event = true;
		read_each(r, read_misp_object);
	} else if (str_eq(key, STR("objects")) || str_eq(key, STR("response")) || str_eq(key, STR("Event"))) {
		read_value(r);
	} else {
		r->is_allow |= str_eq(key, STR("matching_attributes"));
		r->is_manifest |= is_uuid(key) && pull_peek(&r->pull) == PULL_OBJECT && r->pull.depth == 1;
		pull_skip(&r->pull);
	}
}

static void read_object(struct reader *r)
{
	struct object o = {.first_origin = r->c->set->origins.n, .line = pull_line(&r->pull)};
	struct str key, type;
	bool first = true;

	arena_reset(r->scratch);
	if (!pull_enter(&r->pull))
		return;
	while (pull_member(&r->pull, &first, &key))
		read_member(r, &o, key);
	if (r->pull.error)
		return;
	type = o.values[KEY_TYPE];
	if (o.is_event) {
		r->understood++;
		end_event(r, &o);
	} else if (type.p && str_eq(type, STR("indicator"))) {
		r->understood++;
		add_indicator(r, &o);
	} else if (type.p && (str_eq(type, STR("bundle")) || o.values[KEY_NAME].p || o.values[KEY_FROM].p)) {
		r->understood++;
	}
}

static void read_value(struct reader *r)
{
	bool first = true;

	switch (pull_peek(&r->pull)) {
	case PULL_OBJECT:
		read_object(r);
		break;
	case PULL_ARRAY:
		if (!pull_enter(&r->pull))
			return;
		while (pull_element(&r->pull, &first))
			read_value(r);
		break;
	default:
		pull_skip(&r->pull);
	}
}

static int end_document(struct reader *r)
{
	struct intel_context *c = r->c;

	if (!r->pull.error)
		pull_end(&r->pull);
	c->line = pull_line(&r->pull);
	if (r->pull.error) {
		/* What was read before the fault stands. */
		intel_refuse(c, "bad-json", r->pull.error, STR_NONE);
		return r->understood ? 0 : intel_not_understood(c, "no JSON document that is whole");
	}
	c->line = 0;
	if (r->understood)
		return 0;
	if (r->is_manifest) {
		intel_pass(c, "feed-manifest", "the list of events of a MISP feed holds no indicators", STR_NONE);
		return 0;
	}
	return intel_not_understood(c, r->is_allow ? "this is an allow-list: give it to --allow" :
					"neither STIX 2.1 nor a MISP event");
}

int intel_read_json(struct intel_context *c, struct str text)
{
	struct reader r = {.c = c, .text = text, .scratch = arena_new(0), .patterns = arena_new(0)};
	int err;

	pull_begin(&r.pull, text);
	read_value(&r);
	err = end_document(&r);
	arena_free(r.scratch);
	arena_free(r.patterns);
	return err;
}
