#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}

void buf_reserve(struct buf *b, size_t more)
{
	if (b->cap - b->n >= more)
		return;
	size_t need, cap = b->cap ? b->cap : 64;
	bool overflow = __builtin_add_overflow(b->n, more, &need);
	assert(!overflow && need <= SIZE_MAX / 4);
	while (cap < need)
		cap *= 2;
	b->p = mem_resize(b->p, cap);
	b->cap = cap;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	buf_reserve(b, n);
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void buf_str(struct buf *b, struct str s)
{
	buf_put(b, s.p, s.n);
}

void buf_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

void buf_byte(struct buf *b, char c)
{
	buf_reserve(b, 1);
	b->p[b->n++] = c;
}

void buf_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_put(b, digits + at, sizeof digits - at);
}

void buf_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_byte(b, '-');
	buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_hex(struct buf *b, const void *p, size_t n, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	const uint8_t *bytes = p;
	buf_reserve(b, n * 2);
	for (size_t i = 0; i < n; i++) {
		b->p[b->n++] = digits[bytes[i] >> 4];
		b->p[b->n++] = digits[bytes[i] & 15];
	}
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(n >= 0);
	buf_reserve(b, (size_t)n + 1);
	vsnprintf(b->p + b->n, (size_t)n + 1, format, again);
	va_end(again);
	b->n += (size_t)n;
}
