#include "pairs/pairs.h"

#include "pairs/parts.h"

/* CEF and LEEF end their mark with a version and a bar. Some collectors take "CEF:" for a tag and lose it: "0|vendor|". */
static bool has_version(struct str s)
{
	size_t i = 0;
	while (i < s.n && (ascii_is_digit((unsigned char)s.p[i]) || s.p[i] == '.' || (i == 0 && s.p[i] == ' ')))
		i++;
	return i > 0 && i < s.n && s.p[i] == '|';
}

static bool is_bare_cef(struct str line)
{
	unsigned bars = 0;
	if (!has_version(line))
		return false;
	while (line.p && bars < 7) {
		pairs_take_header(&line);
		bars += line.p != NULL;
	}
	return bars == 7;
}

enum pairs_kind pairs_kind_of(struct str line)
{
	if (line.n < 8)
		return PAIRS_NONE;
	switch (line.p[0]) {
	case 'C': return str_starts(line, STR("CEF:")) && has_version(str_skip(line, 4)) ? PAIRS_CEF : PAIRS_NONE;
	case 'L': return str_starts(line, STR("LEEF:")) && has_version(str_skip(line, 5)) ? PAIRS_LEEF : PAIRS_NONE;
	case '0': case '1': return is_bare_cef(line) ? PAIRS_CEF : PAIRS_NONE;
	default: return fortinet_is_line(line) ? PAIRS_FORTINET : PAIRS_NONE;
	}
}

struct pairs_result pairs_decode(struct pairs *p, enum pairs_kind kind, struct str line, const struct pairs_clock *clock,
				 struct event *e)
{
	switch (kind) {
	case PAIRS_FORTINET: return fortinet_decode(p, line, clock, e);
	case PAIRS_CEF: return cef_decode(p, line, clock, e);
	default: return leef_decode(p, line, clock, e);
	}
}
