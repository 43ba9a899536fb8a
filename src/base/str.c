#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct str str_c(const char *text)
{
	return text ? (struct str){text, strlen(text)} : STR_NONE;
}

struct str str_n(const void *p, size_t n)
{
	return (struct str){p, n};
}

bool str_eq(struct str a, struct str b)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): with n > 0 there are bytes */
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool bytes_eq_nocase(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ascii_lower((unsigned char)a[i]) != ascii_lower((unsigned char)b[i]))
			return false;
	return true;
}

bool str_eq_nocase(struct str a, struct str b)
{
	return a.n == b.n && bytes_eq_nocase(a.p, b.p, a.n);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_head(s, prefix.n), prefix);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
	return s.n >= prefix.n && bytes_eq_nocase(s.p, prefix.p, prefix.n);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_skip(s, s.n - suffix.n), suffix);
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	if (order != 0)
		return order;
	return a.n < b.n ? -1 : a.n > b.n;
}

ptrdiff_t str_find(struct str s, struct str needle)
{
	if (needle.n == 0)
		return 0;
	if (needle.n > s.n)
		return -1;
	const char *at = memmem(s.p, s.n, needle.p, needle.n);
	return at ? at - s.p : -1;
}

ptrdiff_t str_find_byte(struct str s, char byte)
{
	const char *at = s.n ? memchr(s.p, byte, s.n) : NULL;
	return at ? at - s.p : -1;
}

struct str str_trim(struct str s)
{
	while (s.n && ascii_is_space((unsigned char)s.p[0]))
		s = str_skip(s, 1);
	while (s.n && ascii_is_space((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_skip(struct str s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return (struct str){s.p ? s.p + n : NULL, s.n - n};
}

struct str str_head(struct str s, size_t n)
{
	return (struct str){s.p, n < s.n ? n : s.n};
}

struct str str_cut(struct str *rest, char byte)
{
	ptrdiff_t at = str_find_byte(*rest, byte);
	struct str head = *rest;
	if (at < 0) {
		*rest = STR_NONE;
		return head;
	}
	head.n = (size_t)at;
	*rest = str_skip(*rest, (size_t)at + 1);
	return head;
}

int str_to_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;
	if (s.n == 0)
		return ERR_FORMAT;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_is_digit((unsigned char)s.p[i]))
			return ERR_FORMAT;
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return ERR_RANGE;
	}
	*out = v;
	return 0;
}

int str_to_i64(struct str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_skip(s, 1);
	uint64_t v;
	int err = str_to_u64(s, &v);
	if (err)
		return err;
	if (v > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return ERR_RANGE;
	*out = negative ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

static int hex_to_double(struct str s, double *out)
{
	uint64_t v = 0;
	if (!s.p || s.n == 0 || s.n > 16)
		return ERR_FORMAT;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = ascii_lower((unsigned char)s.p[i]);
		if (!ascii_is_digit(c) && (c < 'a' || c > 'f'))
			return ERR_FORMAT;
		v = v * 16 + (ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	*out = (double)v;
	return 0;
}

/* Digits, at most one point, an optional exponent: the forms that strtod takes but "inf", "nan" and hex floats. */
static bool is_decimal(struct str s)
{
	size_t i = 0, digits = 0;
	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
		i++;
	for (bool point = false; i < s.n; i++) {
		if (ascii_is_digit((unsigned char)s.p[i]))
			digits++;
		else if (s.p[i] == '.' && !point)
			point = true;
		else
			break;
	}
	if (digits == 0 || i == s.n)
		return digits > 0;
	if (s.p[i] != 'e' && s.p[i] != 'E')
		return false;
	i++;
	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
		i++;
	size_t exponent = i;
	while (i < s.n && ascii_is_digit((unsigned char)s.p[i]))
		i++;
	return i == s.n && i > exponent;
}

int str_to_double(struct str s, double *out)
{
	char text[64];
	if (s.n > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'X'))
		return hex_to_double(str_skip(s, 2), out);
	if (s.n == 0 || s.n >= sizeof text || !is_decimal(s))
		return ERR_FORMAT;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	double v = strtod(text, NULL);	/* the program stays in the C locale's LC_NUMERIC */
	if (!isfinite(v))
		return ERR_RANGE;
	*out = v;
	return 0;
}
