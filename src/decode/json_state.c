#include "decode/json_parse.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"

#define SLOTS_FIRST 1024u

static void drop_all(struct json_state *s, struct names *names)
{
	vec_clear(&s->entries);
	vec_clear(&s->meanings);
	vec_release(s->slots);
	s->slots = mem_alloc(SLOTS_FIRST * sizeof *s->slots);
	s->slot_mask = SLOTS_FIRST - 1;
	memset(s->predict, 0, sizeof *s->predict << JSON_PREDICT_BITS);
	arena_reset(s->texts);
	*vec_add(&s->entries) = (struct json_entry){.parent = UINT32_MAX, .real_parent = UINT32_MAX};
	*vec_add(&s->meanings) = (struct wrapper_name){0};
	s->names = names;
	s->epoch = names_epoch(names);
	wrapper_system_init(&s->system, names);
}

void *json_state_new(void)
{
	struct json_state *s = mem_alloc(sizeof *s);

	s->predict = mem_alloc(sizeof *s->predict << JSON_PREDICT_BITS);
	s->texts = arena_new(0);
	return s;
}

void json_state_free(void *state)
{
	struct json_state *s = state;

	if (!s)
		return;
	vec_free(&s->entries);
	vec_free(&s->meanings);
	vec_release(s->slots);
	vec_release(s->predict);
	vec_release(s->of_field);
	arena_free(s->texts);
	buf_free(&s->path);
	vec_release(s);
}

void json_state_begin_block(struct json_state *s, struct names *names)
{
	if (s->names != names || s->epoch != names_epoch(names))
		drop_all(s, names);
}

void json_state_begin_object(struct json_state *s, struct names *names)
{
	if (s->entries.n > JSON_ENTRIES_KEEP || arena_used(s->texts) > JSON_TEXTS_KEEP)
		drop_all(s, names);
}

const char *json_fail(struct json_parse *j, const char *at, const char *error)
{
	j->cause = DECODE_JSON_SYNTAX;
	j->error = error;
	j->error_at = at;
	return NULL;
}

const char *json_fail_limit(struct json_parse *j, const char *at, const char *error)
{
	json_fail(j, at, error);
	j->cause = DECODE_JSON_LIMIT;
	return NULL;
}

const char *json_skip_space(const struct json_parse *j, const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r' || (*p == '\n' && !j->lines))
		p++;
	return p;
}

static int hex_digit(char c)
{
	if (ascii_is_digit((unsigned char)c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits, or -1. Stops at the first that is none, so it never reads past the end of the text. */
static int32_t hex4(const char *p)
{
	int32_t v = 0;

	for (int i = 0; i < 4; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/* \uXXXX, or a pair of them. A surrogate without its other half becomes U+FFFD. */
static const char *unescape_unicode(struct json_parse *j, const char *p, char **out)
{
	int32_t unit = hex4(p + 2), low;
	uint32_t code = (uint32_t)unit;

	if (unit < 0)
		return json_fail(j, p, "bad \\u escape");
	p += 6;
	if (unit >= 0xd800 && unit < 0xe000) {
		code = UTF8_REPLACEMENT;
		low = unit < 0xdc00 && p[0] == '\\' && p[1] == 'u' ? hex4(p + 2) : -1;
		if (low >= 0xdc00 && low < 0xe000) {
			code = 0x10000u + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
			p += 6;
		}
	}
	*out += utf8_encode(code, *out);
	return p;
}

const char json_escapes[256] = {
	['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

const char *json_unescape(struct json_parse *j, const char *p, char **out)
{
	char c = json_escapes[(unsigned char)p[1]];

	if (p[1] == 'u')
		return unescape_unicode(j, p, out);
	if (!c)
		return json_fail(j, p, "bad escape");
	*(*out)++ = c;
	return p + 2;
}

static const char *skip_digits(const char *p)
{
	while (ascii_is_digit((unsigned char)*p))
		p++;
	return p;
}

/* RFC 8259, 6. */
const char *json_number(struct json_parse *j, const char *p)
{
	const char *first;

	p += *p == '-';
	first = p;
	p = skip_digits(p);
	if (p == first || (*first == '0' && p - first > 1))
		return json_fail(j, first, "bad number");
	if (*p == '.') {
		first = ++p;
		p = skip_digits(p);
		if (p == first)
			return json_fail(j, first, "bad number");
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '+' || *p == '-';
		first = p;
		p = skip_digits(p);
		if (p == first)
			return json_fail(j, first, "bad number");
	}
	return p;
}

bool json_grow_fields(struct json_parse *j, const char *p)
{
	struct json_state *s = j->state;

	if (j->e->field_count == j->e->field_cap && !event_reserve(j->e, 1)) {
		json_fail_limit(j, p, "too many values");
		return false;
	}
	if (j->e->field_cap > s->of_field_cap) {
		s->of_field = mem_resize(s->of_field, j->e->field_cap * sizeof *s->of_field);
		s->of_field_cap = j->e->field_cap;
	}
	return true;
}

static uint64_t name_hash(uint32_t parent, struct str raw)
{
	return hash64(raw.p, raw.n, parent);
}

static void slot_put(struct json_state *s, uint32_t entry)
{
	const struct json_entry *en = &s->entries.at[entry];
	uint32_t i = (uint32_t)name_hash(en->real_parent, (struct str){en->raw, en->size}) & s->slot_mask;

	while (s->slots[i])
		i = (i + 1) & s->slot_mask;
	s->slots[i] = entry;
}

static void slots_grow(struct json_state *s)
{
	uint32_t n = (s->slot_mask + 1) * 2;

	vec_release(s->slots);
	s->slots = mem_alloc(n * sizeof *s->slots);
	s->slot_mask = n - 1;
	for (uint32_t i = 1; i < s->entries.n; i++)
		slot_put(s, i);
}

/* The flattened name, in s->path. */
static const char *make_path(struct json_parse *j, uint32_t parent, struct str raw)
{
	struct json_state *s = j->state;
	char *out;

	buf_clear(&s->path);
	if (parent != JSON_ROOT) {
		buf_str(&s->path, names_text(j->e->names, s->entries.at[parent].name));
		buf_byte(&s->path, '.');
	}
	buf_reserve(&s->path, raw.n + 4);
	out = s->path.p + s->path.n;
	for (const char *p = raw.p; p < raw.p + raw.n;) {
		if (*p != '\\') {
			*out++ = *p++;
			continue;
		}
		p = json_unescape(j, p, &out);
		if (!p)
			return NULL;
	}
	s->path.n = (size_t)(out - s->path.p);
	return s->path.p;
}

static uint32_t make_entry(struct json_parse *j, uint32_t parent, struct str raw)
{
	struct json_state *s = j->state;
	uint32_t entry = (uint32_t)s->entries.n;
	struct json_entry *en;

	if (!make_path(j, parent, raw))
		return 0;
	en = vec_add(&s->entries);
	en->parent = en->real_parent = parent;
	en->size = (uint32_t)raw.n;
	en->raw = arena_str(s->texts, raw).p;
	en->path_size = (uint32_t)s->path.n;
	en->name = names_intern(j->e->names, buf_get(&s->path));
	en->key = names_key(j->e->names, en->name);
	if (raw.n <= JSON_KEY_SHORT) {
		memcpy(en->quoted, raw.p, raw.n);
		en->quoted[raw.n] = '"';
		en->mask = (uint32_t)((UINT64_C(1) << (raw.n + 1)) - 1);
	} else {
		en->parent = UINT32_MAX;
	}
	*vec_add(&s->meanings) = wrapper_classify(j->e->names, buf_get(&s->path));
	en->role = s->meanings.at[entry].role;
	slot_put(s, entry);
	if (s->entries.n * 2 > s->slot_mask)
		slots_grow(s);
	return entry;
}

/* Where the name ends: at its closing quote. */
static const char *name_end(struct json_parse *j, const char *p)
{
	for (;; p++) {
		if (*p == '"')
			return p;
		if ((unsigned char)*p < 0x20)
			return json_fail(j, p, "a control character in a name");
		if (*p == '\\' && (unsigned char)*++p < 0x20)
			return json_fail(j, p, "bad escape");
	}
}

const char *json_find_name(struct json_parse *j, const char *p, uint32_t parent, uint32_t *out_entry)
{
	struct json_state *s = j->state;
	const char *end = name_end(j, p);
	struct str raw;
	uint32_t i, entry;

	if (!end)
		return NULL;
	raw = (struct str){p, (size_t)(end - p)};
	for (i = (uint32_t)name_hash(parent, raw) & s->slot_mask; s->slots[i]; i = (i + 1) & s->slot_mask) {
		const struct json_entry *en = &s->entries.at[s->slots[i]];

		if (en->real_parent == parent && en->size == raw.n && !memcmp(en->raw, raw.p, raw.n)) {
			*out_entry = s->slots[i];
			return end + 1;
		}
	}
	entry = make_entry(j, parent, raw);
	if (!entry)
		return NULL;
	*out_entry = entry;
	return end + 1;
}
