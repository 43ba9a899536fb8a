#include <string.h>

#include "pairs/parts.h"

#define DELIMITER_MAX 6u	/* "0x0009" */

static int hex_digit(char c)
{
	return ascii_is_digit((unsigned char)c) ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* "^", "x09", "0x09", "\t" to the byte; false where the text is no delimiter. */
static bool read_delimiter(struct str s, char *out)
{
	int v = 0;
	if (s.n == 0 || str_eq(s, STR("\\t"))) {
		*out = '\t';
		return true;
	}
	if (s.n == 1) {
		*out = s.p[0];
		return true;
	}
	struct str hex = str_skip(s, str_starts_nocase(s, STR("0x")) ? 2 : 1);
	if ((s.p[0] | 32) != 'x' && hex.n == s.n - 1)
		return false;
	for (size_t i = 0; i < hex.n; i++) {
		int digit = hex_digit(hex.p[i]);
		if (digit < 0)
			return false;
		v = v * 16 + digit;
	}
	*out = (char)v;
	return hex.n > 0 && v > 0 && v < 128;
}

/* LEEF 2.0's sixth header field, which some leave out. */
static void take_delimiter(struct str *rest, char *out)
{
	struct str behind = *rest, field;
	ptrdiff_t bar = str_find_byte(str_head(behind, DELIMITER_MAX + 1), '|');
	if (bar < 0 && !(behind.n > 1 && behind.p[0] == '|'))
		return;
	field = str_head(behind, (size_t)bar);
	if (bar == 0 && behind.n > 1 && behind.p[1] == '|') {	/* the delimiter is the bar itself */
		*out = '|';
		*rest = str_skip(behind, 2);
		return;
	}
	if (read_delimiter(field, out))
		*rest = str_skip(behind, (size_t)bar + 1);
}

/* The delimiter as it stands in the line: rsyslog writes control bytes as "#011". STR_NONE: none of it, and no tab. */
static struct str delimiter_of(struct str s, const char *byte)
{
	if (s.n == 0 || memchr(s.p, *byte, s.n))
		return (struct str){byte, 1};
	if (*byte == '\t' && str_find(s, STR("#011")) >= 0)
		return STR("#011");
	return *byte == '\t' && pairs_before_next(s.p, s.p + s.n, ' ') < s.p + s.n ? STR_NONE : (struct str){byte, 1};
}

static bool put_pair(struct pairs *p, struct str pair, struct event *e, struct pairs_result *r)
{
	ptrdiff_t equals = str_find_byte(pair, '=');
	struct str name = str_trim(str_head(pair, equals > 0 ? (size_t)equals : 0));
	if (name.n == 0 || name.n > PAIRS_NAME_MAX) {
		r->result = DECODE_PARTIAL;
		r->trouble = "text that is no key=value";
		return true;
	}
	const struct entry *en = dict_find(p, &p->plain, name, e->names);
	struct str value = str_skip(pair, (size_t)equals + 1);
	p->seen[en->role] = value;
	return pairs_put(e, en, value, !en->is_id && pairs_is_number(value));
}

static void take_pairs(struct pairs *p, struct str s, struct str delimiter, struct event *e, struct pairs_result *r)
{
	while (s.n) {
		ptrdiff_t at = str_find(s, delimiter);
		struct str pair = at < 0 ? s : str_head(s, (size_t)at);
		s = str_skip(s, at < 0 ? s.n : (size_t)at + delimiter.n);
		if (str_trim(pair).n && !put_pair(p, pair, e, r)) {
			r->result = DECODE_PARTIAL;
			r->trouble = "too many fields";
			r->full = true;
			return;
		}
	}
}

static void set_time(const struct pairs *p, const struct pairs_clock *clock, struct event *e)
{
	struct str text = p->seen[PAIRS_DEVTIME], pattern = p->seen[PAIRS_DEVTIME_FORMAT];
	struct pairs_time t;
	if (text.n == 0)
		return;
	if (!(pattern.n && time_from_pattern(text, pattern, clock, &t)) && !time_from_words(text, clock, &t))
		return;
	e->time = t.ticks;
	e->offset_min = t.offset_min;
}

struct pairs_result leef_decode(struct pairs *p, struct str line, const struct pairs_clock *clock, struct event *e)
{
	struct pairs_result r = {.result = DECODE_MATCH};
	struct str parts[4], rest = line, version = pairs_take_header(&rest);
	size_t count = 0;
	char delimiter = '\t';
	while (count < 4 && rest.p)
		parts[count++] = pairs_take_header(&rest);
	if (count < 4 || !rest.p) {
		r.result = DECODE_PARTIAL;
		r.trouble = "a header that ends too early";
	}
	if (rest.p && str_ends(version, STR("2.0")))
		take_delimiter(&rest, &delimiter);
	dict_begin(&p->plain, e->names);
	memset(p->seen, 0, sizeof p->seen);
	e->product = count ? pairs_product_of(parts[0]) : STR_NONE;
	e->service = e->category = STR_NONE;
	pairs_put_header(e, parts, count, &r);
	struct str parting = delimiter_of(rest, &delimiter);
	if (r.full || !rest.p)
		return r;
	if (parting.p)
		take_pairs(p, rest, parting, e, &r);
	else
		cef_extension(p, &p->plain, rest, e, &r);
	set_time(p, clock, e);
	return r;
}
