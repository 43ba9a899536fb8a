#include "report/text.h"

#include "base/lang.h"
#include "base/utf8.h"

#include <limits.h>
#include <stdio.h>

struct range { uint32_t first, last; };

/* Combining marks and zero-width characters that occur in practice (Unicode categories Mn, Me, Cf). */
static const struct range zero_width[] = {
	{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x06D6, 0x06DC},
	{0x0900, 0x0902}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
	{0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF},
};

/* East Asian Wide and Fullwidth, and emoji (Unicode EastAsianWidth.txt, in whole blocks). */
static const struct range wide[] = {
	{0x1100, 0x115F}, {0x231A, 0x231B}, {0x2329, 0x232A}, {0x23E9, 0x23EC}, {0x2E80, 0x303E}, {0x3041, 0x33FF},
	{0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xA000, 0xA4CF}, {0xA960, 0xA97F}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
	{0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
	{0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD},
};

/* What could change how a terminal shows the text around it. */
static const struct range harmful[] = {
	{0x0000, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD}, {0x061C, 0x061C}, {0x180E, 0x180E}, {0x200B, 0x200F},
	{0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};

static bool is_in(const struct range *ranges, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++) {
		if (c <= ranges[i].last)
			return c >= ranges[i].first;
	}
	return false;
}
#define IN(ranges, c) is_in((ranges), sizeof(ranges) / sizeof(ranges)[0], (c))

unsigned text_columns_of(uint32_t c)
{
	if (c < 0x300)
		return 1;
	return IN(zero_width, c) ? 0 : IN(wide, c) ? 2 : 1;
}

static uint32_t shown(uint32_t c)
{
	if (c >= 0x20 && c < 0x7F)
		return c;
	if (c == '\t' || c == '\n' || c == '\r')
		return ' ';
	return IN(harmful, c) ? UTF8_REPLACEMENT : c;
}

static unsigned put(struct buf *b, struct str s, unsigned columns)
{
	unsigned used = 0;

	for (size_t i = 0, size; i < s.n; i += size) {
		uint32_t c = shown(utf8_decode(s.p + i, s.n - i, &size));
		unsigned width = text_columns_of(c);
		char bytes[4];

		if (used + width > columns)
			break;
		used += width;
		if (b)
			buf_put(b, bytes, utf8_encode(c, bytes));
	}
	return used;
}

unsigned text_columns(struct str s)
{
	return put(NULL, s, UINT_MAX - 2);
}

unsigned text_put(struct buf *b, struct str s, unsigned columns)
{
	unsigned used;

	/* Long values are not measured to their end; + 2, for the next character may be a wide one. */
	if (put(NULL, str_head(s, (size_t)columns * 16 + 32), columns + 2) <= columns)
		return put(b, s, columns);
	if (columns == 0)
		return 0;
	used = put(b, s, columns - 1);
	buf_text(b, "…");
	return used + 1;
}

static void spaces(struct buf *b, unsigned n)
{
	while (n--)
		buf_byte(b, ' ');
}

void text_pad(struct buf *b, struct str s, unsigned columns, bool right)
{
	unsigned used = put(NULL, str_head(s, (size_t)columns * 16 + 32), columns + 2);

	if (right && used < columns)
		spaces(b, columns - used);
	used = text_put(b, s, columns);
	if (!right && used < columns)
		spaces(b, columns - used);
}

void text_number(struct buf *b, uint64_t n)
{
	char digits[24];
	int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);

	for (int i = 0; i < count; i++) {
		if (i && (count - i) % 3 == 0)
			buf_text(b, lang_now() == LANG_VI ? "\xe2\x80\xaf" : ",");
		buf_byte(b, digits[i]);
	}
}

void text_bytes(struct buf *b, uint64_t n)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double v = (double)n;
	size_t unit = 0;

	for (; v >= 1023.5; unit++)
		v /= 1024;
	if (unit && v < 9.95)
		buf_printf(b, "%.1f %s", v, units[unit]);
	else
		buf_printf(b, "%.0f %s", v, units[unit]);
}
