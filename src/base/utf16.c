#include "base/utf16.h"

#include <string.h>

#include "base/utf8.h"

bool utf16_is_marked(struct str head, bool *out_big_endian)
{
	if (str_starts(head, STR("\xff\xfe"))) {
		if (head.n >= 4 && !head.p[2] && !head.p[3])
			return false;
		*out_big_endian = false;
		return true;
	}
	if (!str_starts(head, STR("\xfe\xff")))
		return false;
	*out_big_endian = true;
	return true;
}

static bool is_high_surrogate(const uint8_t *unit)
{
	return (unit[1] & 0xfc) == 0xd8;
}

/* Appends whole little-endian units, passing over the mark where they are the stream's first. */
static void put_units(struct utf16_reader *u, const uint8_t *units, size_t count, struct buf *out)
{
	if (count && !u->started) {
		u->started = true;
		if (units[0] == 0xff && units[1] == 0xfe) {
			units += 2;
			count--;
		}
	}
	buf_reserve(out, UTF8_FROM_UTF16_MAX(count));
	out->n += utf8_from_utf16(units, count, out->p + out->n);
}

#define PIECE 4096u	/* a multiple of 4 */

/*
 * One piece: what was kept and the bytes behind it, put in little-endian order. A high surrogate at the end is kept for
 * its other half.
 */
static void add_piece(struct utf16_reader *u, struct str bytes, bool end, struct buf *out)
{
	uint8_t piece[PIECE + 8];
	size_t n = u->kept_count, whole;

	memcpy(piece, u->kept, n);
	memcpy(piece + n, bytes.p, bytes.n);
	/* What was kept is in the stream's order too. */
	n += bytes.n;
	whole = n & ~(size_t)1;
	u->kept_count = 0;
	if (u->big_endian) {
		for (size_t i = 0; i < whole; i += 2) {
			uint8_t high = piece[i];

			piece[i] = piece[i + 1];
			piece[i + 1] = high;
		}
	}
	if (!end && whole && is_high_surrogate(piece + whole - 2))
		whole -= 2;
	put_units(u, piece, whole / 2, out);
	for (size_t i = whole; i < n; i++)
		u->kept[u->kept_count++] = piece[i];
	if (u->kept_count >= 2 && u->big_endian) {
		uint8_t low = u->kept[0];

		u->kept[0] = u->kept[1];
		u->kept[1] = low;
	}
}

void utf16_add(struct utf16_reader *u, struct str bytes, bool end, struct buf *out)
{
	while (bytes.n > PIECE) {
		add_piece(u, str_head(bytes, PIECE), false, out);
		bytes = str_skip(bytes, PIECE);
	}
	if (bytes.n || u->kept_count)
		add_piece(u, bytes.n ? bytes : STR(""), end, out);
	if (!end || !u->kept_count)
		return;
	buf_text(out, "\xef\xbf\xbd");
	u->kept_count = 0;
}
