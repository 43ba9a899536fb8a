#ifndef DECODE_JSON_NAIVE_H
#define DECODE_JSON_NAIVE_H
/*
 * The plainest reading of RFC 8259 and of json.h that could be written: byte by byte, with every end checked, no tables
 * and no memory of the last object. For tests only: what the decoder makes of an object must be what this makes of it.
 */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "decode/json_parse.h"

enum naive_result { NAIVE_OK, NAIVE_SYNTAX, NAIVE_LIMIT };

struct naive {
	struct str in;
	size_t at;
	bool lines;			/* LF is no white space */
	struct buf *out;		/* a field: kind byte, size of name, name, size of value, value */
	uint64_t members, values, names;
	enum naive_result result;
};

static inline bool naive_stop(struct naive *n, enum naive_result result)
{
	n->result = result;
	return false;
}

static inline int naive_peek(const struct naive *n)
{
	return n->at < n->in.n ? (unsigned char)n->in.p[n->at] : -1;
}

static inline void naive_space(struct naive *n)
{
	int c;

	while ((c = naive_peek(n)) == ' ' || c == '\t' || c == '\r' || (c == '\n' && !n->lines))
		n->at++;
}

static inline bool naive_put(struct naive *n, uint8_t kind, struct str name, struct str value)
{
	uint32_t sizes[2] = {(uint32_t)name.n, (uint32_t)value.n};

	if (n->values == EVENT_FIELDS_MAX)
		return naive_stop(n, NAIVE_LIMIT);
	n->values++;
	buf_byte(n->out, (char)kind);
	buf_put(n->out, &sizes[0], 4);
	buf_str(n->out, name);
	buf_put(n->out, &sizes[1], 4);
	buf_str(n->out, value);
	return true;
}

/* Four hex digits at `at`, or -1. */
static inline int naive_hex(const struct naive *n, size_t at)
{
	int v = 0;

	for (size_t i = at; i < at + 4; i++) {
		const char *digits = "0123456789abcdef";
		const char *d = i < n->in.n && n->in.p[i] ?
			strchr(digits, ascii_lower((unsigned char)n->in.p[i])) : NULL;

		if (!d)
			return -1;
		v = v * 16 + (int)(d - digits);
	}
	return v;
}

static inline bool naive_escape(struct naive *n, struct buf *text)
{
	const char *letters = "\"\\/bfnrt", *means = "\"\\/\b\f\n\r\t", *found;
	int c = naive_peek(n), unit, low;
	char utf8[4];

	if (c == 'u') {
		unit = naive_hex(n, n->at + 1);
		if (unit < 0)
			return naive_stop(n, NAIVE_SYNTAX);
		n->at += 5;
		if (unit >= 0xd800 && unit <= 0xdbff && str_starts(str_skip(n->in, n->at), STR("\\u"))) {
			low = naive_hex(n, n->at + 2);
			if (low >= 0xdc00 && low <= 0xdfff) {
				unit = 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00);
				n->at += 6;
			}
		}
		if (unit >= 0xd800 && unit <= 0xdfff)
			unit = 0xfffd;
		buf_put(text, utf8, utf8_encode((uint32_t)unit, utf8));
		return true;
	}
	found = c > 0 ? strchr(letters, c) : NULL;
	if (!found)
		return naive_stop(n, NAIVE_SYNTAX);
	buf_byte(text, means[found - letters]);
	n->at++;
	return true;
}

/* At the opening quote. */
static inline bool naive_text(struct naive *n, struct buf *text)
{
	n->at++;
	for (;;) {
		int c = naive_peek(n);

		if (c < 0x20)
			return naive_stop(n, NAIVE_SYNTAX);
		n->at++;
		if (c == '"')
			return true;
		if (c != '\\')
			buf_byte(text, (char)c);
		else if (!naive_escape(n, text))
			return false;
	}
}

static inline size_t naive_digits(struct naive *n)
{
	size_t first = n->at;

	while (naive_peek(n) >= '0' && naive_peek(n) <= '9')
		n->at++;
	return n->at - first;
}

static inline bool naive_number(struct naive *n, struct str name)
{
	size_t first = n->at, digits;
	bool zero;

	if (naive_peek(n) == '-')
		n->at++;
	zero = naive_peek(n) == '0';
	digits = naive_digits(n);
	if (!digits || (zero && digits > 1))
		return naive_stop(n, NAIVE_SYNTAX);
	if (naive_peek(n) == '.') {
		n->at++;
		if (!naive_digits(n))
			return naive_stop(n, NAIVE_SYNTAX);
	}
	if (naive_peek(n) == 'e' || naive_peek(n) == 'E') {
		n->at++;
		if (naive_peek(n) == '+' || naive_peek(n) == '-')
			n->at++;
		if (!naive_digits(n))
			return naive_stop(n, NAIVE_SYNTAX);
	}
	return naive_put(n, VALUE_NUMBER, name, (struct str){n->in.p + first, n->at - first});
}

static inline bool naive_value(struct naive *n, struct str name, unsigned depth);

static inline bool naive_member(struct naive *n, struct str prefix, unsigned depth)
{
	struct buf path = {0};
	bool ok = false;

	if (naive_peek(n) != '"')
		return naive_stop(n, NAIVE_SYNTAX);
	if (n->members++ == EVENT_FIELDS_MAX)
		return naive_stop(n, NAIVE_LIMIT);
	buf_str(&path, prefix);
	if (depth > 1)
		buf_byte(&path, '.');
	if (!naive_text(n, &path))
		goto out;
	n->names += depth > 1 ? path.n : 0;
	if (n->names > 65536 + 16 * n->at) {
		naive_stop(n, NAIVE_LIMIT);
		goto out;
	}
	naive_space(n);
	if (naive_peek(n) != ':') {
		naive_stop(n, NAIVE_SYNTAX);
		goto out;
	}
	n->at++;
	naive_space(n);
	ok = naive_value(n, buf_get(&path), depth);
out:
	buf_free(&path);
	return ok;
}

/* An object or array, at its first byte. depth counts it. */
static inline bool naive_container(struct naive *n, struct str name, unsigned depth)
{
	bool object = naive_peek(n) == '{';
	int close = object ? '}' : ']';

	if (depth > 64)
		return naive_stop(n, NAIVE_LIMIT);
	n->at++;
	naive_space(n);
	if (naive_peek(n) == close) {
		n->at++;
		return true;
	}
	for (;;) {
		if (!(object ? naive_member(n, name, depth) : naive_value(n, name, depth)))
			return false;
		naive_space(n);
		if (naive_peek(n) == close) {
			n->at++;
			return true;
		}
		if (naive_peek(n) != ',')
			return naive_stop(n, NAIVE_SYNTAX);
		n->at++;
		naive_space(n);
	}
}

static inline bool naive_word(struct naive *n, struct str name, const char *word, uint8_t kind)
{
	if (!str_starts(str_skip(n->in, n->at), str_c(word)))
		return naive_stop(n, NAIVE_SYNTAX);
	n->at += strlen(word);
	return naive_put(n, kind, name, str_c(word));
}

static inline bool naive_value(struct naive *n, struct str name, unsigned depth)
{
	struct buf text = {0};
	bool ok;

	switch (naive_peek(n)) {
	case '{': case '[':
		return naive_container(n, name, depth + 1);
	case '"':
		ok = naive_text(n, &text) && naive_put(n, VALUE_TEXT, name, buf_get(&text));
		buf_free(&text);
		return ok;
	case 't':
		return naive_word(n, name, "true", VALUE_TRUE);
	case 'f':
		return naive_word(n, name, "false", VALUE_FALSE);
	case 'n':
		return naive_word(n, name, "null", VALUE_NULL);
	default:
		return naive_number(n, name);
	}
}

/* The object with which `in` begins; *out_size is what it takes. */
static inline enum naive_result naive_object(struct str in, bool lines, struct buf *out, size_t *out_size)
{
	struct naive n = {.in = in, .lines = lines, .out = out};

	naive_container(&n, STR(""), 1);
	*out_size = n.at;
	return n.result;
}

/* An event's fields in the same form. */
static inline void naive_event(const struct event *e, struct buf *out)
{
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		struct str name = names_text(e->names, f->name);
		uint32_t size = (uint32_t)name.n;

		buf_byte(out, (char)f->kind);
		buf_put(out, &size, 4);
		buf_str(out, name);
		buf_put(out, &f->size, 4);
		buf_put(out, f->data, f->size);
	}
}

/* What the parser is run with. */
struct naive_bench {
	struct json_state *state;
	struct names *names;
	struct arena *arena;
	struct buf want, got;
};

static inline void naive_bench_init(struct naive_bench *b)
{
	memset(b, 0, sizeof *b);
	b->state = json_state_new();
	b->names = names_new(NULL);
	b->arena = arena_new(0);
}

static inline void naive_bench_free(struct naive_bench *b)
{
	json_state_free(b->state);
	names_free(b->names);
	arena_free(b->arena);
	buf_free(&b->want);
	buf_free(&b->got);
}

/* Runs one of the two parsers on a copy that is exactly as long as it may be; the result is in b->got. */
static inline enum naive_result naive_run(struct naive_bench *b, struct str in, bool lines, bool avx2, size_t *out_size)
{
	struct json_parse j = {.state = b->state, .lines = lines};
	struct event e;
	char *copy = mem_alloc(in.n + 1 + JSON_PAD), *room = mem_alloc(in.n + JSON_PAD);
	const char *end;

	memcpy(copy, in.p, in.n);
	copy[in.n] = lines ? '\n' : '\0';
	event_init(&e, b->names, b->arena);
	json_state_begin_block(b->state, b->names);
	json_state_begin_object(b->state, b->names);
	j.e = &e;
	j.out = room;
	end = avx2 ? json_parse_avx2(&j, copy) : json_parse_sse2(&j, copy);
	assert(end ? end > copy && end <= copy + in.n : j.error_at >= copy && j.error_at <= copy + in.n);
	assert(j.out >= room && j.out <= room + in.n);
	buf_clear(&b->got);
	naive_event(&e, &b->got);
	*out_size = end ? (size_t)(end - copy) : 0;
	vec_release(copy);
	vec_release(room);
	return end ? NAIVE_OK : j.cause == DECODE_JSON_LIMIT ? NAIVE_LIMIT : NAIVE_SYNTAX;
}

/*
 * Both parsers, with and without prediction, cold and warm, against the naive one, on the object with which `in` begins
 * ('{'; in line input without LF). NULL where they agree, else what differs.
 */
static inline const char *naive_compare(struct naive_bench *b, struct str in, bool lines, enum naive_result *out)
{
	size_t want_size, size;

	buf_clear(&b->want);
	*out = naive_object(in, lines, &b->want, &want_size);
	for (int round = 0; round < 6; round++) {
		b->state->no_prediction = round >= 4;
		arena_reset(b->arena);
		if (naive_run(b, in, lines, round & 1, &size) != *out)
			return "result";
		if (*out == NAIVE_OK && size != want_size)
			return "size";
		if (*out != NAIVE_SYNTAX && !str_eq(buf_get(&b->got), buf_get(&b->want)))
			return "fields";
	}
	b->state->no_prediction = false;
	return NULL;
}
#endif
