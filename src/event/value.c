#include "event/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/utf8.h"

/* Kept out of value_render, whose frame would grow for every kind. */
#define RARE __attribute__((noinline))

#define NUMBER_TEXT_MAX 40u	/* integers, hex, floats */
#define GUID_SIZE 16u
#define SID_HEAD 8u
#define SYSTEMTIME_SIZE 16u

/* What Windows-1252 has at 0x80-0x9F; the five codes that it leaves open stay C1 controls. */
static const uint16_t cp1252[32] = {
	0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D,
	0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D,
	0x017E, 0x0178,
};

static bool is_integer_size(uint32_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* Little-endian, size at most 8. */
static uint64_t load_uint(const struct field *f)
{
	uint64_t v = 0;
	memcpy(&v, f->data, f->size);
	return v;
}

static int64_t load_int(const struct field *f)
{
	unsigned shift = 64 - 8 * f->size;
	return (int64_t)(load_uint(f) << shift) >> shift;
}

static double load_float(const struct field *f)
{
	float single;
	double v;
	if (f->size == sizeof v) {
		memcpy(&v, f->data, sizeof v);
		return v;
	}
	memcpy(&single, f->data, sizeof single);
	return (double)single;
}

/* Whether the bytes have the shape that the kind asks for; else they are rendered as BINARY. */
static bool well_shaped(const struct field *f)
{
	const uint8_t *sid = f->data;
	switch ((enum value_kind)f->kind) {
	case VALUE_INT: case VALUE_UINT: return is_integer_size(f->size);
	case VALUE_FLOAT: case VALUE_HEX: return f->size == 4 || f->size == 8;
	case VALUE_BOOL: return is_integer_size(f->size);
	case VALUE_GUID: return f->size == GUID_SIZE;
	case VALUE_FILETIME: return f->size == 8;
	case VALUE_SYSTEMTIME: return f->size == SYSTEMTIME_SIZE;
	case VALUE_SID: return f->size >= SID_HEAD && (f->size - SID_HEAD) / 4 >= sid[1];
	default: return true;
	}
}

size_t value_text_max(const struct field *f)
{
	switch ((enum value_kind)f->kind) {
	case VALUE_NULL: return 0;
	case VALUE_TEXT: case VALUE_NUMBER: case VALUE_ANSI: return UTF8_FOLD_MAX((size_t)f->size);
	case VALUE_UTF16: return UTF8_FROM_UTF16_MAX((size_t)f->size / 2);
	case VALUE_SID: return (size_t)f->size * 3 + NUMBER_TEXT_MAX;
	default: return (size_t)f->size * 2 + NUMBER_TEXT_MAX;
	}
}

static size_t put_text(const char *text, char *out)
{
	size_t n = strlen(text);
	memcpy(out, text, n);
	return n;
}

static const char digit_pairs[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
				  "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";


static unsigned decimal_digits(uint64_t v)
{
	unsigned n = 1;
	for (; v >= 10000; v /= 10000)
		n += 4;
	return n + (v >= 10) + (v >= 100) + (v >= 1000);
}

/* Written where it stays, from its end: a wide copy of what was just written in pieces would wait for them. */
static size_t put_decimal(uint64_t v, char *out)
{
	unsigned n = decimal_digits(v), at = n;
	for (; v >= 100; v /= 100)
		memcpy(out + (at -= 2), digit_pairs + 2 * (v % 100), 2);
	if (v >= 10)
		memcpy(out, digit_pairs + 2 * v, 2);
	else
		out[0] = (char)('0' + v);
	return n;
}

static size_t put_signed(int64_t v, char *out)
{
	if (v >= 0)
		return put_decimal((uint64_t)v, out);
	*out = '-';
	return 1 + put_decimal(0 - (uint64_t)v, out + 1);
}

static size_t put_hex_number(uint64_t v, char *out)
{
	int digits = 1;
	for (uint64_t rest = v >> 4; rest; rest >>= 4)
		digits++;
	out[0] = '0';
	out[1] = 'x';
	for (int i = 0; i < digits; i++)
		out[2 + i] = "0123456789abcdef"[v >> (4 * (digits - 1 - i)) & 15];
	return 2 + (size_t)digits;
}

/* Both digits at once: '0' + digit, and 7 more from 10 on. */
static uint16_t hex_pair(uint8_t byte)
{
	unsigned pair = (unsigned)byte >> 4 | (byte & 15u) << 8;
	return (uint16_t)(pair + 0x3030 + ((pair + 0x0606) >> 4 & 0x0101) * 7);
}

static size_t put_hex_bytes(const uint8_t *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		uint16_t pair = hex_pair(p[i]);
		memcpy(out + 2 * i, &pair, 2);
	}
	return 2 * n;
}

/* The shortest digits that read back as the same number; Windows' words for what is no number. */
RARE static size_t put_float(const struct field *f, char *out)
{
	double v = load_float(f);
	if (isnan(v))
		return put_text("-1.#IND", out);
	if (isinf(v))
		return put_text(v > 0 ? "1.#INF" : "-1.#INF", out);
	char text[NUMBER_TEXT_MAX];
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, v);
		if (f->size == 8 ? strtod(text, NULL) == v : strtof(text, NULL) == (float)v)
			break;
	}
	return put_text(text, out);
}

static size_t put_bool(const struct field *f, char *out)
{
	return put_text(load_uint(f) ? "true" : "false", out);
}

/* {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}: the first three groups are little-endian numbers. */
static size_t put_guid(const uint8_t *p, char *out)
{
	static const int8_t order[] = {3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15};
	size_t at = 0;
	out[at++] = '{';
	for (size_t i = 0; i < sizeof order; i++) {
		if (order[i] < 0)
			out[at++] = '-';
		else
			at += put_hex_bytes(p + order[i], 1, out + at);
	}
	out[at++] = '}';
	return at;
}

static size_t put_padded(unsigned v, unsigned digits, char *out)
{
	for (unsigned i = digits; i-- > 0; v /= 10)
		out[i] = (char)('0' + v % 10);
	return digits;
}

static size_t put_civil(const struct civil *c, char *out)
{
	char *at = out;
	at += put_padded((unsigned)c->year, c->year > 9999 ? 5 : 4, at);
	*at++ = '-';
	at += put_padded((unsigned)c->month, 2, at);
	*at++ = '-';
	at += put_padded((unsigned)c->day, 2, at);
	*at++ = 'T';
	at += put_padded((unsigned)c->hour, 2, at);
	*at++ = ':';
	at += put_padded((unsigned)c->minute, 2, at);
	*at++ = ':';
	at += put_padded((unsigned)c->second, 2, at);
	*at++ = '.';
	return (size_t)(at - out);
}

/* Always seven digits, as Windows writes it. What lies beyond the signed range is no time: its number is shown. */
RARE static size_t put_filetime(const struct field *f, char *out)
{
	uint64_t ticks = load_uint(f);
	if (ticks > INT64_MAX)
		return put_decimal(ticks, out);
	struct civil c;
	clock_to_civil((int64_t)ticks + TICKS_1601, &c);
	size_t at = put_civil(&c, out);
	at += put_padded((unsigned)c.ticks, 7, out + at);
	out[at++] = 'Z';
	return at;
}

RARE static size_t put_systemtime(const struct field *f, char *out)
{
	uint16_t u[8];	/* year month weekday day hour minute second millisecond */
	memcpy(u, f->data, sizeof u);
	if (u[1] > 12 || u[3] > 31 || u[4] > 23 || u[5] > 59 || u[6] > 60 || u[7] > 999)
		return put_hex_bytes(f->data, sizeof u, out);
	struct civil c = {.year = u[0], .month = u[1], .day = u[3], .hour = u[4], .minute = u[5], .second = u[6]};
	size_t at = put_civil(&c, out);
	at += put_padded(u[7], 3, out + at);
	out[at++] = 'Z';
	return at;
}

/* S-revision-authority-sub...: the authority is big-endian (hex from 2^32 on, as Windows does), the rest little. */
RARE static size_t put_sid(const uint8_t *p, char *out)
{
	size_t at = put_text("S-", out);
	uint64_t authority = 0;
	for (int i = 2; i < 8; i++)
		authority = authority << 8 | p[i];
	at += put_decimal(p[0], out + at);
	out[at++] = '-';
	at += authority >> 32 ? put_hex_number(authority, out + at) : put_decimal(authority, out + at);
	for (unsigned i = 0; i < p[1]; i++) {
		uint32_t sub;
		memcpy(&sub, p + SID_HEAD + 4 * (size_t)i, sizeof sub);
		out[at++] = '-';
		at += put_decimal(sub, out + at);
	}
	return at;
}

RARE static size_t put_ansi(const struct field *f, char *out)
{
	const unsigned char *p = f->data;
	size_t at = 0;
	if (utf8_is_valid((struct str){f->data, f->size})) {
		if (f->size)
			memcpy(out, p, f->size);
		return f->size;
	}
	for (size_t i = 0; i < f->size; i++)
		at += utf8_encode(p[i] - 0x80u < 32u ? cp1252[p[i] - 0x80u] : p[i], out + at);
	return at;
}

static size_t put_borrowed(const struct field *f, char *out)
{
	if (f->size)
		memcpy(out, f->data, f->size);
	return f->size;
}

size_t value_render(const struct field *f, char *out)
{
	if (f->kind == VALUE_UTF16)
		return utf8_from_utf16(f->data, f->size / 2, out);
	if (!well_shaped(f))
		return put_hex_bytes(f->data, f->size, out);
	switch ((enum value_kind)f->kind) {
	case VALUE_TEXT: case VALUE_NUMBER: return put_borrowed(f, out);
	case VALUE_TRUE: return put_text("true", out);
	case VALUE_FALSE: return put_text("false", out);
	case VALUE_ANSI: return put_ansi(f, out);
	case VALUE_INT: return put_signed(load_int(f), out);
	case VALUE_UINT: return put_decimal(load_uint(f), out);
	case VALUE_FLOAT: return put_float(f, out);
	case VALUE_BOOL: return put_bool(f, out);
	case VALUE_BINARY: return put_hex_bytes(f->data, f->size, out);
	case VALUE_GUID: return put_guid(f->data, out);
	case VALUE_HEX: return put_hex_number(load_uint(f), out);
	case VALUE_FILETIME: return put_filetime(f, out);
	case VALUE_SYSTEMTIME: return put_systemtime(f, out);
	case VALUE_SID: return put_sid(f->data, out);
	case VALUE_NULL: case VALUE_UTF16: case VALUE_KINDS: break;
	}
	return 0;
}

/* Code points beyond ASCII only stand in texts; all else is ASCII, which folds in place. */
size_t value_render_folded(const struct field *f, char *out)
{
	if (f->kind == VALUE_UTF16)
		return utf8_fold_utf16(f->data, f->size / 2, out);
	if (f->kind == VALUE_TEXT || f->kind == VALUE_NUMBER)
		return utf8_fold((struct str){f->data, f->size}, out);
	size_t n = value_render(f, out);
	if (f->kind != VALUE_ANSI)
		return utf8_fold((struct str){out, n}, out);
	/* Folding may lengthen a code point, so it cannot run in place: one at a time, behind what is still to be read. */
	char *from = out + value_text_max(f) - n;
	memmove(from, out, n);
	size_t at = 0, size;
	for (size_t i = 0; i < n; i += size)
		at += utf8_encode(unicode_fold(utf8_decode(from + i, n - i, &size)), out + at);
	return at;
}

struct str value_text(const struct field *f, struct arena *a)
{
	if (f->kind == VALUE_NULL)
		return STR("");
	if (f->kind == VALUE_TEXT || f->kind == VALUE_NUMBER)
		return (struct str){f->size ? f->data : "", f->size};
	size_t max = value_text_max(f);
	char *p = arena_bytes(a, max);
	size_t n = value_render(f, p);
	arena_trim(a, p, max, n);
	return (struct str){p, n};
}

static int text_number(const struct field *f, double *out)
{
	char text[128];		/* longer is no number */
	if (f->size > sizeof text / 2 || value_text_max(f) > sizeof text * 2)
		return ERR_FORMAT;
	char room[sizeof text * 2];
	return str_to_double(str_trim((struct str){room, value_render(f, room)}), out) ? ERR_FORMAT : 0;
}

int value_number(const struct field *f, double *out)
{
	if (!well_shaped(f))
		return ERR_FORMAT;
	switch ((enum value_kind)f->kind) {
	case VALUE_INT:
		*out = (double)load_int(f);
		return 0;
	case VALUE_UINT: case VALUE_HEX:
		*out = (double)load_uint(f);
		return 0;
	case VALUE_FLOAT:
		if (!isfinite(load_float(f)))
			return ERR_FORMAT;
		*out = load_float(f);
		return 0;
	case VALUE_TEXT: case VALUE_NUMBER: case VALUE_UTF16: case VALUE_ANSI: return text_number(f, out);
	default: return ERR_FORMAT;
	}
}

bool value_is_bare(const struct field *f)
{
	switch ((enum value_kind)f->kind) {
	case VALUE_NULL: case VALUE_TRUE: case VALUE_FALSE: return true;
	case VALUE_NUMBER: return json_is_number((struct str){f->data, f->size});
	case VALUE_INT: case VALUE_UINT: case VALUE_BOOL: return well_shaped(f);
	case VALUE_FLOAT: return well_shaped(f) && isfinite(load_float(f));
	default: return false;
	}
}

void value_json(const struct field *f, struct buf *out)
{
	if (f->kind == VALUE_NULL) {
		buf_text(out, "null");
		return;
	}
	if (f->kind == VALUE_TEXT || (f->kind == VALUE_NUMBER && !value_is_bare(f))) {
		json_string(out, (struct str){f->data, f->size});
		return;
	}
	size_t max = value_text_max(f);
	char small[1024];
	struct buf large = {0};
	if (max > sizeof small)
		buf_reserve(&large, max);
	char *text = max > sizeof small ? large.p : small;
	struct str s = {text, value_render(f, text)};
	if (value_is_bare(f))
		buf_str(out, s);
	else
		json_string(out, s);
	buf_free(&large);
}
