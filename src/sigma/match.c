/*
 * The single tests that both evaluators share.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "event/value.h"
#include "sigma/naive.h"

/* ---- wildcards ---- */

/* Bytes of the dash at s, or 0. */
static size_t dash_size(const char *s, size_t n)
{
	if (n && (*s == '-' || *s == '/'))
		return 1;
	if (n >= 3 && s[0] == '\xE2' && s[1] == '\x80' && s[2] >= '\x93' && s[2] <= '\x95')
		return 3;
	return 0;
}

/* Bytes that the part takes at s, or -1. */
static ptrdiff_t part_at(const struct sigma_part *p, const char *s, size_t n)
{
	size_t size;

	if (p->kind == SIGMA_PART_LITERAL)
		return p->text.n <= n && memcmp(s, p->text.p, p->text.n) == 0 ? (ptrdiff_t)p->text.n : -1;
	if (!n)
		return -1;
	if (p->kind == SIGMA_PART_DASH)
		return (size = dash_size(s, n)) ? (ptrdiff_t)size : -1;
	utf8_decode(s, n, &size);
	return (ptrdiff_t)size;
}

/* The same for the part that ends at s + n. */
static ptrdiff_t part_before(const struct sigma_part *p, const char *s, size_t n)
{
	if (p->kind == SIGMA_PART_LITERAL)
		return p->text.n <= n && memcmp(s + n - p->text.n, p->text.p, p->text.n) == 0 ? (ptrdiff_t)p->text.n : -1;
	for (size_t size = n < 4 ? n : 4; size > 1; size--) {
		size_t taken;

		utf8_decode(s + n - size, size, &taken);
		if (taken == size)
			return p->kind == SIGMA_PART_ONE || dash_size(s + n - size, size) == size ? (ptrdiff_t)size : -1;
	}
	return n && (p->kind == SIGMA_PART_ONE || dash_size(s + n - 1, 1)) ? 1 : -1;
}

/* The parts up to the next '*' at text + at: where they end, or -1. */
static ptrdiff_t segment_at(const struct sigma_part *parts, uint32_t count, struct str text, size_t at)
{
	for (uint32_t i = 0; i < count; i++) {
		ptrdiff_t size = part_at(&parts[i], text.p + at, text.n - at);

		if (size < 0)
			return -1;
		at += (size_t)size;
	}
	return (ptrdiff_t)at;
}

/* The first place from `at` on where the segment stands: where it ends, or -1. */
static ptrdiff_t segment_find(const struct sigma_part *parts, uint32_t count, struct str text, size_t at)
{
	size_t size;

	while (at <= text.n) {
		ptrdiff_t end;

		if (parts[0].kind == SIGMA_PART_LITERAL) {
			ptrdiff_t next = str_find(str_skip(text, at), parts[0].text);

			if (next < 0)
				return -1;
			at += (size_t)next;
		}
		end = segment_at(parts, count, text, at);
		if (end >= 0 || at == text.n)
			return end;
		utf8_decode(text.p + at, text.n - at, &size);
		at += parts[0].kind == SIGMA_PART_LITERAL ? 1 : size;
	}
	return -1;
}

static bool segment_ends(const struct sigma_part *parts, uint32_t count, struct str text, size_t from)
{
	size_t end = text.n;

	while (count-- > 0) {
		ptrdiff_t size = part_before(&parts[count], text.p + from, end - from);

		if (size < 0)
			return false;
		end -= (size_t)size;
	}
	return true;
}

/*
 * Segments between '*' are laid down from the left, each at its first place: what is left for the rest is then the most.
 * The first is tied to the begin and the last to the end.
 */
bool sigma_glob(const struct sigma_part *parts, uint32_t count, struct str text)
{
	size_t at = 0;
	uint32_t i = 0;

	if (!text.p)
		text = STR("");
	while (i < count) {
		uint32_t from = i;
		ptrdiff_t end = (ptrdiff_t)at;

		while (i < count && parts[i].kind != SIGMA_PART_RUN)
			i++;
		if (from == 0)
			end = segment_at(parts, i, text, 0);
		else if (i == count)
			return segment_ends(parts + from, i - from, text, at);
		else if (i > from)
			end = segment_find(parts + from, i - from, text, at);
		if (end < 0)
			return false;
		at = (size_t)end;
		if (i == count)
			return at == text.n;
		if (++i == count)
			return true;		/* '*' at the end */
	}
	return text.n == 0;
}

/* ---- addresses, numbers, dates ---- */

static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return !rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool sigma_cidr_match(const struct sigma_match *m, struct str text)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
	char copy[INET6_ADDRSTRLEN + 1];
	uint8_t address[16];
	struct str s = str_cut(&text, '%');	/* without the zone of a link-local address */

	if (!s.n || s.n >= sizeof copy)
		return false;
	memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	if (inet_pton(AF_INET, copy, address) == 1)
		return !m->cidr.v6 && bits_equal(address, m->cidr.address, m->cidr.bits);
	if (inet_pton(AF_INET6, copy, address) != 1)
		return false;
	if (m->cidr.v6)
		return bits_equal(address, m->cidr.address, m->cidr.bits);
	return memcmp(address, mapped, sizeof mapped) == 0 && bits_equal(address + 12, m->cidr.address, m->cidr.bits);
}

static bool compare(const struct sigma_match *m, double v)
{
	switch (m->compare) {
	case SIGMA_LT:
		return v < m->number;
	case SIGMA_LTE:
		return v <= m->number;
	case SIGMA_GT:
		return v > m->number;
	case SIGMA_GTE:
		return v >= m->number;
	case SIGMA_EQ:
		return !(v < m->number) && !(v > m->number);
	}
	return false;
}

bool sigma_compare_match(const struct sigma_match *m, const struct field *f)
{
	double v;

	return f->kind != VALUE_NULL && value_number(f, &v) == 0 && compare(m, v);
}

/* A date without a time of day is its midnight. The clock that the text shows counts, whatever its zone. */
static bool read_date(struct str text, int64_t *out)
{
	char whole[CLOCK_TEXT_MAX];
	int64_t ticks;
	int offset;
	size_t used;

	if (text.n == 10) {
		memcpy(whole, text.p, 10);
		memcpy(whole + 10, "T00:00:00", 9);
		text = (struct str){whole, 19};
	}
	if (clock_parse_rfc3339(text, &ticks, &offset, &used) < 0 || used != text.n)
		return false;
	*out = ticks + (offset == CLOCK_NO_OFFSET ? 0 : offset * 60 * TICKS_PER_SECOND);
	return true;
}

bool sigma_datepart_match(const struct sigma_match *m, struct str text)
{
	struct civil c;
	int64_t ticks;

	if (!read_date(str_trim(text), &ticks))
		return false;
	clock_to_civil(ticks, &c);
	switch (m->part) {
	case SIGMA_MINUTE:
		return compare(m, c.minute);
	case SIGMA_HOUR:
		return compare(m, c.hour);
	case SIGMA_DAY:
		return compare(m, c.day);
	case SIGMA_WEEK:
		return compare(m, clock_iso_week(ticks));
	case SIGMA_MONTH:
		return compare(m, c.month);
	case SIGMA_YEAR:
		return compare(m, c.year);
	}
	return false;
}

/* ---- sources ---- */

static bool source_text(const struct sigma_source *s, struct str have)
{
	if (!have.p)
		return !s->strict;
	for (uint32_t i = 0; i < s->count; i++) {
		struct str want = s->texts[i];
		bool rest = want.n && want.p[want.n - 1] == '*';

		if (rest ? str_starts_nocase(have, str_head(want, want.n - 1)) : str_eq_nocase(have, want))
			return true;
	}
	return false;
}

static bool source_id(const struct sigma_source *s, int64_t have)
{
	if (have == EVENT_NO_ID)
		return !s->strict;
	for (uint32_t i = 0; i < s->count; i++)
		if (s->ids[i] == have)
			return true;
	return false;
}

bool sigma_source_match(const struct sigma_source *s, const struct event *e)
{
	switch (s->dimension) {
	case SIGMA_DIM_PRODUCT:
		return source_text(s, e->product);
	case SIGMA_DIM_SERVICE:
		return source_text(s, e->service);
	case SIGMA_DIM_CATEGORY:
		return source_text(s, e->category);
	case SIGMA_DIM_CHANNEL:
		return source_text(s, e->channel);
	case SIGMA_DIM_PROVIDER:
		return source_text(s, e->provider);
	case SIGMA_DIM_EVENT_ID:
		return source_id(s, e->event_id);
	case SIGMA_DIMS:
		break;
	}
	return false;
}
