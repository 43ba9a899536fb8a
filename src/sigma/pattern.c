#include "sigma/pattern.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "base/vec.h"

/* Collects parts; runs of literal bytes become one LITERAL, '*' after '*' is dropped. */
struct builder {
	struct arena *arena;
	struct buf literal;
	VEC(struct sigma_part) parts;
};

static void flush_literal(struct builder *b)
{
	if (!b->literal.n)
		return;
	*vec_add(&b->parts) = (struct sigma_part){SIGMA_PART_LITERAL, arena_str(b->arena, buf_get(&b->literal))};
	buf_clear(&b->literal);
}

static void add_special(struct builder *b, enum sigma_part_kind kind)
{
	flush_literal(b);
	if (kind == SIGMA_PART_RUN && b->parts.n && b->parts.at[b->parts.n - 1].kind == SIGMA_PART_RUN)
		return;
	*vec_add(&b->parts) = (struct sigma_part){kind, STR_NONE};
}

static void add_part(struct builder *b, const struct sigma_part *p)
{
	if (p->kind == SIGMA_PART_LITERAL)
		buf_str(&b->literal, p->text);
	else
		add_special(b, p->kind);
}

static struct sigma_pattern finish(struct builder *b)
{
	struct sigma_pattern p;

	flush_literal(b);
	p.count = (uint32_t)b->parts.n;
	p.parts = ARENA_ARRAY(b->arena, struct sigma_part, b->parts.n + 1);
	if (p.count)
		memcpy(p.parts, b->parts.at, p.count * sizeof *p.parts);
	buf_free(&b->literal);
	vec_free(&b->parts);
	return p;
}

struct sigma_pattern sigma_pattern_parse(struct arena *a, struct str text)
{
	struct builder b = {.arena = a};
	bool escaped = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool special = c == '\\' || c == '*' || c == '?';

		if (escaped) {
			if (!special)
				buf_byte(&b.literal, '\\');
			buf_byte(&b.literal, c);
			escaped = false;
		} else if (c == '\\') {
			escaped = true;
		} else if (special) {
			add_special(&b, c == '*' ? SIGMA_PART_RUN : SIGMA_PART_ONE);
		} else {
			buf_byte(&b.literal, c);
		}
	}
	if (escaped)
		buf_byte(&b.literal, '\\');
	return finish(&b);
}

struct sigma_pattern sigma_pattern_literal(struct arena *a, struct str bytes)
{
	struct builder b = {.arena = a};

	buf_str(&b.literal, bytes);
	return finish(&b);
}

struct sigma_pattern sigma_pattern_wrap(struct arena *a, struct sigma_pattern p, bool before, bool after)
{
	struct builder b = {.arena = a};

	if (before)
		add_special(&b, SIGMA_PART_RUN);
	for (uint32_t i = 0; i < p.count; i++)
		add_part(&b, &p.parts[i]);
	if (after)
		add_special(&b, SIGMA_PART_RUN);
	return finish(&b);
}

struct sigma_pattern sigma_pattern_join(struct arena *a, struct sigma_pattern front, struct sigma_pattern back)
{
	struct builder b = {.arena = a};

	for (uint32_t i = 0; i < front.count; i++)
		add_part(&b, &front.parts[i]);
	for (uint32_t i = 0; i < back.count; i++)
		add_part(&b, &back.parts[i]);
	return finish(&b);
}

/* A word character as \b sees it. Above ASCII: letters and digits, told apart from the blocks of punctuation. */
static bool is_word(uint32_t c)
{
	if (c < 0x80)
		return c == '_' || ascii_is_digit((unsigned char)c) || (ascii_lower((unsigned char)c) >= 'a' &&
									 ascii_lower((unsigned char)c) <= 'z');
	if (c < 0xC0)
		return c == 0xAA || c == 0xB5 || c == 0xBA;
	return c != 0xD7 && c != 0xF7 && !(c >= 0x2000 && c < 0x2C00) && !(c >= 0x3000 && c < 0x3040) &&
	       !(c >= 0xFE00 && c < 0xFE70) && !(c >= 0xFF00 && c < 0xFF10) && c < 0xFFF0;
}

static void windash_literal(struct builder *b, struct str s)
{
	bool word = false;

	for (size_t i = 0, size; i < s.n; i += size) {
		uint32_t c = utf8_decode(s.p + i, s.n - i, &size), next = 0;
		size_t next_size;
		bool dash = c == '-' || c == '/';

		if (i + size < s.n)
			next = utf8_decode(s.p + i + size, s.n - i - size, &next_size);
		if (dash && !word && is_word(next))
			add_special(b, SIGMA_PART_DASH);
		else
			buf_put(&b->literal, s.p + i, size);
		word = is_word(c);
	}
}

struct sigma_pattern sigma_pattern_windash(struct arena *a, struct sigma_pattern p)
{
	struct builder b = {.arena = a};

	for (uint32_t i = 0; i < p.count; i++) {
		if (p.parts[i].kind == SIGMA_PART_LITERAL)
			windash_literal(&b, p.parts[i].text);
		else
			add_part(&b, &p.parts[i]);
	}
	return finish(&b);
}

struct str sigma_fold(struct arena *a, struct str s)
{
	size_t room = UTF8_FOLD_MAX(s.n) + 1;
	char *out = arena_bytes(a, room);
	size_t n = utf8_fold(s, out);

	out[n] = '\0';
	arena_trim(a, out, room, n + 1);
	return (struct str){out, n};
}

struct sigma_pattern sigma_pattern_fold(struct arena *a, struct sigma_pattern p)
{
	struct sigma_pattern out = {ARENA_ARRAY(a, struct sigma_part, p.count + 1), p.count};

	for (uint32_t i = 0; i < p.count; i++) {
		out.parts[i].kind = p.parts[i].kind;
		if (p.parts[i].kind == SIGMA_PART_LITERAL)
			out.parts[i].text = sigma_fold(a, p.parts[i].text);
	}
	return out;
}

bool sigma_pattern_plain(struct sigma_pattern p, struct str *out)
{
	if (p.count == 0)
		*out = STR("");
	else if (p.count == 1 && p.parts[0].kind == SIGMA_PART_LITERAL)
		*out = p.parts[0].text;
	else
		return false;
	return true;
}

static void put_unit(struct buf *b, uint32_t unit, bool big_endian)
{
	char low = (char)(unit & 0xFF), high = (char)(unit >> 8);

	buf_byte(b, big_endian ? high : low);
	buf_byte(b, big_endian ? low : high);
}

static void put_utf16(struct buf *b, struct str s, bool big_endian)
{
	for (size_t i = 0, size; i < s.n; i += size) {
		uint32_t c = utf8_decode(s.p + i, s.n - i, &size);

		if (c >= 0x10000) {
			put_unit(b, 0xD800 + ((c - 0x10000) >> 10), big_endian);
			put_unit(b, 0xDC00 + ((c - 0x10000) & 0x3FF), big_endian);
		} else {
			put_unit(b, c, big_endian);
		}
	}
}

struct sigma_pattern sigma_pattern_utf16(struct arena *a, struct sigma_pattern p, enum sigma_utf16 form)
{
	struct builder b = {.arena = a};

	if (form == SIGMA_UTF16_BOM)
		buf_put(&b.literal, "\xFF\xFE", 2);
	for (uint32_t i = 0; i < p.count; i++) {
		if (p.parts[i].kind == SIGMA_PART_LITERAL)
			put_utf16(&b.literal, p.parts[i].text, form == SIGMA_UTF16_BE);
		else
			add_part(&b, &p.parts[i]);
	}
	return finish(&b);
}

struct str sigma_base64(struct arena *a, struct str bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = (bytes.n + 2) / 3 * 4, at = 0;
	char *out = arena_bytes(a, n + 1);

	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i;
		uint32_t v = (uint32_t)(unsigned char)bytes.p[i] << 16;

		if (left > 1)
			v |= (uint32_t)(unsigned char)bytes.p[i + 1] << 8;
		if (left > 2)
			v |= (unsigned char)bytes.p[i + 2];
		out[at++] = digits[v >> 18];
		out[at++] = digits[v >> 12 & 63];
		out[at++] = left > 1 ? digits[v >> 6 & 63] : '=';
		out[at++] = left > 2 ? digits[v & 63] : '=';
	}
	out[n] = '\0';
	return (struct str){out, n};
}

struct str sigma_base64_shifted(struct arena *a, struct str bytes, unsigned shift)
{
	static const size_t start[] = {0, 2, 3}, cut[] = {0, 3, 2};
	char *padded = arena_bytes(a, bytes.n + shift + 1);

	assert(shift < 3);
	memset(padded, ' ', shift);
	if (bytes.n)
		memcpy(padded + shift, bytes.p, bytes.n);
	struct str whole = sigma_base64(a, (struct str){padded, bytes.n + shift});
	size_t end = whole.n - cut[whole.n ? (bytes.n + shift) % 3 : 0];

	return end > start[shift] ? (struct str){whole.p + start[shift], end - start[shift]} : STR("");
}
