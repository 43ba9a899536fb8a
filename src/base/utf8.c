#include "base/utf8.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/fold_table.h"

/* Smallest code point that a lead byte's length may carry (RFC 3629: no overlong forms, no surrogates). */
static bool is_scalar(uint32_t c, size_t size)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	return c >= least[size] && c < 0x110000 && (c < 0xD800 || c > 0xDFFF);
}

uint32_t utf8_decode(const char *s, size_t n, size_t *out_size)
{
	const uint8_t *b = (const uint8_t *)s;
	*out_size = 1;
	if (b[0] < 0x80)
		return b[0];
	size_t size = b[0] >= 0xF0 ? 4 : b[0] >= 0xE0 ? 3 : 2;
	if (b[0] < 0xC2 || b[0] > 0xF4 || size > n)
		return UTF8_REPLACEMENT;
	uint32_t c = b[0] & (0xFFu >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if ((b[i] & 0xC0) != 0x80)
			return UTF8_REPLACEMENT;
		c = c << 6 | (b[i] & 0x3F);
	}
	if (!is_scalar(c, size))
		return UTF8_REPLACEMENT;
	*out_size = size;
	return c;
}

size_t utf8_encode(uint32_t c, char out[4])
{
	uint8_t *b = (uint8_t *)out;
	if (c >= 0x110000 || (c >= 0xD800 && c <= 0xDFFF))
		c = UTF8_REPLACEMENT;
	if (c < 0x80) {
		b[0] = (uint8_t)c;
		return 1;
	}
	size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = size - 1; i > 0; i--, c >>= 6)
		b[i] = (uint8_t)(0x80 | (c & 0x3F));
	b[0] = (uint8_t)((0xF0u << (4 - size)) | c);
	return size;
}

static size_t ascii_run(const char *s, size_t n)
{
	size_t i = 0;
	for (; n - i >= 8; i += 8) {
		uint64_t v;
		memcpy(&v, s + i, 8);
		if (v & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < n && (unsigned char)s[i] < 0x80)
		i++;
	return i;
}

bool utf8_is_ascii(struct str s)
{
	return s.n == 0 || ascii_run(s.p, s.n) == s.n;
}

bool utf8_is_valid(struct str s)
{
	for (size_t i = 0; i < s.n;) {
		i += ascii_run(s.p + i, s.n - i);
		if (i == s.n)
			break;
		size_t size;
		utf8_decode(s.p + i, s.n - i, &size);
		if (size == 1)	/* beyond ASCII here, so a bad byte */
			return false;
		i += size;
	}
	return true;
}

void buf_utf8(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		size_t run = ascii_run(s.p + i, s.n - i);
		buf_put(b, s.p + i, run);
		i += run;
		if (i == s.n)
			break;
		size_t size;
		char out[4];
		uint32_t c = utf8_decode(s.p + i, s.n - i, &size);
		buf_put(b, out, utf8_encode(c, out));
		i += size;
	}
}

uint32_t unicode_fold(uint32_t c)
{
	if (c < 0x80)
		return ascii_lower((unsigned char)c);
	size_t low = 0, high = sizeof fold_runs / sizeof *fold_runs;
	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct fold_run *run = &fold_runs[mid];
		if (c < run->first)
			high = mid;
		else if (c > run->last)
			low = mid + 1;
		else
			return (c - run->first) % run->stride == 0 ? (uint32_t)((int32_t)c + run->delta) : c;
	}
	return c;
}

#ifdef __SSE2__
static inline __m128i lower16(__m128i v)
{
	__m128i upper = _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('A' - 1)),
				      _mm_cmplt_epi8(v, _mm_set1_epi8('Z' + 1)));
	return _mm_or_si128(v, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
}

static inline __m128i load16(const void *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

static inline void store16(void *p, __m128i v)
{
	_mm_storeu_si128((__m128i *)p, v);
}
#endif

/* Copies whole 16-byte pieces of ASCII, lowered; returns how many bytes. */
static size_t fold_ascii(const char *s, size_t n, char *out)
{
	size_t i = 0;
#ifdef __SSE2__
	for (; n - i >= 16; i += 16) {
		__m128i v = load16(s + i);
		if (_mm_movemask_epi8(v))
			break;
		store16(out + i, lower16(v));
	}
#endif
	for (; i < n && (unsigned char)s[i] < 0x80; i++)
		out[i] = (char)ascii_lower((unsigned char)s[i]);
	return i;
}

size_t utf8_fold(struct str s, char *out)
{
	size_t at = 0;
	for (size_t i = 0; i < s.n;) {
		size_t run = fold_ascii(s.p + i, s.n - i, out + at);
		i += run;
		at += run;
		if (i == s.n)
			break;
		size_t size;
		uint32_t c = utf8_decode(s.p + i, s.n - i, &size);
		at += utf8_encode(unicode_fold(c), out + at);
		i += size;
	}
	return at;
}

/* One code point at units[0..n), n > 0. */
static uint32_t utf16_decode(const uint8_t *units, size_t n, size_t *out_units)
{
	uint32_t c = units[0] | (uint32_t)units[1] << 8;
	*out_units = 1;
	if (c < 0xD800 || c > 0xDFFF)
		return c;
	if (c > 0xDBFF || n < 2)
		return UTF8_REPLACEMENT;
	uint32_t low = units[2] | (uint32_t)units[3] << 8;
	if (low < 0xDC00 || low > 0xDFFF)
		return UTF8_REPLACEMENT;
	*out_units = 2;
	return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

#ifdef __SSE2__
/* Eight units, where all are ASCII. */
static inline bool narrow8(const uint8_t *units, char *out, bool fold)
{
	__m128i a = load16(units), high = _mm_and_si128(a, _mm_set1_epi16((short)0xFF80));
	if (_mm_movemask_epi8(_mm_cmpeq_epi16(high, _mm_setzero_si128())) != 0xFFFF)
		return false;
	__m128i v = _mm_packus_epi16(a, a);
	_mm_storel_epi64((__m128i *)(void *)out, fold ? lower16(v) : v);
	return true;
}
#endif

/* Narrows whole ASCII units; returns how many. The room behind UTF8_FROM_UTF16_MAX lets it store full vectors. */
static inline size_t narrow_ascii(const uint8_t *units, size_t n, char *out, bool fold)
{
	size_t i = 0;
#ifdef __SSE2__
	const __m128i beyond = _mm_set1_epi16((short)0xFF80);
	for (; n - i >= 16; i += 16) {
		__m128i a = load16(units + 2 * i), b = load16(units + 2 * i + 16);
		__m128i high = _mm_and_si128(_mm_or_si128(a, b), beyond);
		if (_mm_movemask_epi8(_mm_cmpeq_epi16(high, _mm_setzero_si128())) != 0xFFFF)
			break;
		__m128i v = _mm_packus_epi16(a, b);
		store16(out + i, fold ? lower16(v) : v);
	}
	if (n - i >= 8 && narrow8(units + 2 * i, out + i, fold))
		i += 8;
	if (n >= 8 && n - i < 8 && narrow8(units + 2 * (n - 8), out + n - 8, fold))	/* overlaps what was done */
		i = n;
#endif
	for (; i < n; i++) {
		unsigned char c = units[2 * i];
		if (units[2 * i + 1] || c >= 0x80)
			break;
		out[i] = (char)(fold ? ascii_lower(c) : c);
	}
	return i;
}

static inline size_t from_utf16(const uint8_t *units, size_t count, char *out, bool fold)
{
	size_t at = 0;
	for (size_t i = 0; i < count;) {
		size_t run = narrow_ascii(units + 2 * i, count - i, out + at, fold);
		i += run;
		at += run;
		if (i == count)
			break;
		size_t used;
		uint32_t c = utf16_decode(units + 2 * i, count - i, &used);
		at += utf8_encode(fold ? unicode_fold(c) : c, out + at);
		i += used;
	}
	return at;
}

size_t utf8_from_utf16(const uint8_t *units, size_t unit_count, char *out)
{
	return from_utf16(units, unit_count, out, false);
}

size_t utf8_fold_utf16(const uint8_t *units, size_t unit_count, char *out)
{
	return from_utf16(units, unit_count, out, true);
}
