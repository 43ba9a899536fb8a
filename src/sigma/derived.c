#include "sigma/derived.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "event/value.h"
#include "sigma/pattern.h"

#define JOINED_MAX (1u << 20)

static void set_text(struct field *out, uint32_t key, struct str s)
{
	*out = (struct field){.data = s.p, .size = (uint32_t)s.n, .key = key, .kind = VALUE_TEXT};
}

/* Text of the first value that is not null. */
static bool first_text(const struct event *e, uint32_t key, struct arena *a, struct str *out)
{
	uint32_t at = 0;

	for (const struct field *f; (f = event_next(e, key, &at));) {
		if (f->kind == VALUE_NULL)
			continue;
		*out = value_text(f, a);
		return true;
	}
	return false;
}

static bool join(const struct sigma_derived *d, const struct event *e, struct arena *a, struct str *out)
{
	struct buf b = {0};
	bool ok = true;

	if (d->part_count == 1 && d->parts[0].key != KEY_NONE)
		return first_text(e, d->parts[0].key, a, out);
	for (uint32_t i = 0; i < d->part_count && ok; i++) {
		struct str s = d->parts[i].text;

		if (d->parts[i].key != KEY_NONE)
			ok = first_text(e, d->parts[i].key, a, &s);
		if (ok)
			buf_str(&b, str_head(s, JOINED_MAX));
	}
	if (ok)
		*out = arena_str(a, buf_get(&b));
	buf_free(&b);
	return ok;
}

/* 0x1410 and 5136 give 5136; what is no number stays as it is. */
static struct str decimal(struct str s, struct arena *a)
{
	char copy[24], *end;

	if (s.n < 3 || s.n >= sizeof copy || s.p[0] != '0' || ascii_lower((unsigned char)s.p[1]) != 'x')
		return s;
	memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	if (s.n > 18 || copy[2] == '-' || copy[2] == '+' || ascii_is_space((unsigned char)copy[2]))
		return s;
	unsigned long long v = strtoull(copy, &end, 16);

	return *end ? s : arena_printf(a, "%llu", v);
}

static bool look_up(const struct sigma_derived *d, struct str s, struct arena *a, struct str *out)
{
	struct str folded = sigma_fold(a, s);

	for (uint32_t i = 0; i < d->pair_count; i++) {
		if (!str_eq(d->pairs[i].from, folded))
			continue;
		*out = d->pairs[i].to;
		return true;
	}
	return false;
}

static struct str replace_prefix(const struct sigma_derived *d, struct str s, struct arena *a)
{
	const struct sigma_derive_pair *best = NULL;

	for (uint32_t i = 0; i < d->pair_count; i++)
		if (str_starts_nocase(s, d->pairs[i].from) && (!best || d->pairs[i].from.n > best->from.n))
			best = &d->pairs[i];
	if (!best)
		return s;
	struct str rest = str_skip(s, best->from.n);
	char *out = arena_bytes(a, best->to.n + rest.n + 1);

	memcpy(out, best->to.p, best->to.n);
	if (rest.n)
		memcpy(out + best->to.n, rest.p, rest.n);
	return (struct str){out, best->to.n + rest.n};
}

/* All values of the fields named, for DECIMAL in decimal. */
static uint32_t each_value(const struct sigma_derived *d, const struct event *e, struct arena *a, struct field *out,
			   uint32_t max)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < d->part_count; i++) {
		uint32_t at = 0;

		for (const struct field *f; count < max && (f = event_next(e, d->parts[i].key, &at));) {
			struct str s = value_text(f, a);

			if (f->kind == VALUE_NULL && d->kind == SIGMA_DERIVE_DECIMAL)
				continue;
			set_text(&out[count], d->key, d->kind == SIGMA_DERIVE_DECIMAL ? decimal(s, a) : s);
			if (f->kind == VALUE_NULL)
				out[count].kind = VALUE_NULL;
			count++;
		}
	}
	return count;
}

static int hex_digit(char c)
{
	unsigned char l = ascii_lower((unsigned char)c);

	if (ascii_is_digit(l))
		return l - '0';
	return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

static bool is_encoded(struct str s, size_t at)
{
	return s.p[at] == '%' && at + 2 < s.n && hex_digit(s.p[at + 1]) >= 0 && hex_digit(s.p[at + 2]) >= 0;
}

/* %XX to bytes and '+' to a blank; false where there is neither. *more: a "%25" was among them. */
static bool url_decode(struct str s, struct arena *a, struct str *out, bool *more)
{
	size_t n = 0, first = 0;

	while (first < s.n && s.p[first] != '+' && !is_encoded(s, first))
		first++;
	if (first == s.n)
		return false;
	char *text = arena_bytes(a, s.n);

	*more = false;
	for (size_t i = 0; i < s.n; i++) {
		bool encoded = is_encoded(s, i);

		text[n] = s.p[i] == '+' ? ' ' : s.p[i];
		if (encoded)
			text[n] = (char)(hex_digit(s.p[i + 1]) * 16 + hex_digit(s.p[i + 2]));
		*more |= encoded && text[n] == '%';
		n++;
		i += encoded ? 2 : 0;
	}
	*out = str_n(text, n);
	return true;
}

/* A URL as it is, decoded, and decoded twice where a percent sign was encoded itself. */
static uint32_t add_url(uint32_t key, struct str s, struct arena *a, struct field *out, uint32_t max)
{
	uint32_t count = 0;
	bool more = true;

	while (count < max && count < 3) {
		set_text(&out[count++], key, s);
		if (!more || !url_decode(s, a, &s, &more))
			break;
	}
	return count;
}

static uint32_t each_url(const struct sigma_derived *d, const struct event *e, struct arena *a, struct field *out,
			 uint32_t max)
{
	struct sigma_derived one = *d;
	uint32_t count = 0, end = 0;
	struct str s;

	for (uint32_t from = 0; from < d->part_count; from = end + 1) {
		end = from;
		while (end < d->part_count && (d->parts[end].key != KEY_NONE || d->parts[end].text.n))
			end++;
		one.parts = d->parts + from;
		one.part_count = end - from;
		if (one.part_count && join(&one, e, a, &s))
			count += add_url(d->key, s, a, out + count, max - count);
	}
	return count;
}

static bool extension(struct str s, struct str *out)
{
	size_t at = s.n;

	while (at > 0 && s.p[at - 1] != '.' && s.p[at - 1] != '/')
		at--;
	if (at == 0 || at == s.n || s.p[at - 1] != '.')
		return false;
	*out = str_skip(s, at);
	return true;
}

uint32_t sigma_derive(const struct sigma_derived *d, const struct event *e, struct arena *arena, struct field *out,
		      uint32_t max)
{
	struct str s;

	if (!max)
		return 0;
	if (d->kind == SIGMA_DERIVE_DECIMAL || d->kind == SIGMA_DERIVE_ANY)
		return each_value(d, e, arena, out, max);
	if (d->kind == SIGMA_DERIVE_URLS)
		return each_url(d, e, arena, out, max);
	if (!join(d, e, arena, &s) || (d->kind == SIGMA_DERIVE_EXTENSION && !extension(s, &s)))
		return 0;
	if (d->kind == SIGMA_DERIVE_TABLE && !look_up(d, s, arena, &s))
		return 0;
	if (d->kind == SIGMA_DERIVE_PREFIX)
		s = replace_prefix(d, s, arena);
	set_text(out, d->key, s);
	return 1;
}

bool sigma_feed_value(const struct sigma_derived *d, uint32_t key, const struct event *e, struct field *out)
{
	struct field *made = d ? arena_alloc(e->arena, SIGMA_DERIVED_VALUES_MAX * sizeof *made) : NULL;
	uint32_t at = 0, n = d ? sigma_derive(d, e, e->arena, made, SIGMA_DERIVED_VALUES_MAX) : 0;
	const struct field *f;

	for (uint32_t i = 0; i < n; i++)
		if (made[i].kind != VALUE_NULL) {
			*out = made[i];
			return true;
		}
	while (!d && (f = event_next(e, key, &at)))
		if (f->kind != VALUE_NULL) {
			*out = *f;
			return true;
		}
	return false;
}
