#include "decode/json_time.h"

#include "base/err.h"

/* Years 1601 to 9999. */
static bool in_range(int64_t ticks)
{
	return ticks >= TICKS_1601 && ticks < INT64_C(253402300800) * TICKS_PER_SECOND;
}

/* Digits behind the point, as ticks. */
static bool read_fraction(struct str s, int64_t *out)
{
	int64_t unit = TICKS_PER_SECOND / 10, ticks = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_is_digit((unsigned char)s.p[i]))
			return false;
		ticks += (s.p[i] - '0') * unit;
		unit /= 10;
	}
	*out = ticks;
	return true;
}

/* A smaller number is a duration or a count. */
#define EPOCH_MIN UINT64_C(100000000)

static bool read_epoch(struct str s, int64_t *out)
{
	struct str fraction = s, whole = str_cut(&fraction, '.');
	int64_t part = 0;
	uint64_t v;

	if (str_to_u64(whole, &v) || v < EPOCH_MIN || (fraction.n && !read_fraction(fraction, &part)))
		return false;
	if (v < UINT64_C(100000000000))
		*out = (int64_t)v * TICKS_PER_SECOND + part;
	else if (v < UINT64_C(100000000000000))
		*out = (int64_t)v * (TICKS_PER_SECOND / 1000) + part / 1000;
	else if (v < UINT64_C(100000000000000000))
		*out = (int64_t)v * (TICKS_PER_SECOND / 1000000);
	else
		*out = (int64_t)(v / 100);
	return true;
}

static bool read_text(struct str s, const struct decode_options *options, int64_t *out, int *out_offset)
{
	size_t used;

	if (clock_parse_rfc3339(s, out, out_offset, &used))
		return false;
	if (str_trim(str_skip(s, used)).n)
		return false;
	if (*out_offset == CLOCK_NO_OFFSET && options)
		*out -= options->zone_min * 60 * TICKS_PER_SECOND;
	return true;
}

bool json_time(const struct field *f, const struct decode_options *options, bool with_zone, int64_t *out_ticks,
	       int *out_offset_min)
{
	struct str s = {f->data, f->size};
	int64_t ticks;
	int offset = 0;

	if (f->kind != VALUE_TEXT && f->kind != VALUE_NUMBER)
		return false;
	if (str_starts(s, STR("/Date(")) && str_ends(s, STR(")/")))
		s = str_head(str_skip(s, 6), s.n - 8);
	if (!read_text(s, options, &ticks, &offset)) {
		offset = 0;
		if (!read_epoch(s, &ticks))
			return false;
	}
	if (!in_range(ticks) || (with_zone && offset == CLOCK_NO_OFFSET))
		return false;
	*out_ticks = ticks;
	*out_offset_min = offset;
	return true;
}
