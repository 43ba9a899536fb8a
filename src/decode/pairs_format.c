#include "decode/pairs_format.h"

#include "decode/syslog.h"
#include "pairs/pairs.h"

#define SNIFF_LINES 64
#define LETTERS "abcdefghijklmnopqrstuvwxyz"

static enum decode_result decode(const struct payload_line *line, enum pairs_kind kind, void *state, struct event *e)
{
	const struct decode_options *o = line->ctx->options;
	const struct pairs_clock clock = {.year = o->year, .zone_min = o->zone_min, .reference = o->reference};
	struct pairs_result r = pairs_decode(state, kind, line->message, &clock, e);
	if (r.full)
		decode_skip(line->ctx, DECODE_FIELDS_LIMIT, 0, e->record, r.trouble);
	else if (r.result == DECODE_PARTIAL)
		decode_skip(line->ctx, DECODE_TEXT_FORMAT, 0, e->record, r.trouble);
	return r.result;
}

static enum decode_result decode_fortinet(const struct payload_line *line, void *state, struct event *e)
{
	return decode(line, PAIRS_FORTINET, state, e);
}

static enum decode_result decode_cef(const struct payload_line *line, void *state, struct event *e)
{
	return decode(line, PAIRS_CEF, state, e);
}

static enum decode_result decode_leef(const struct payload_line *line, void *state, struct event *e)
{
	return decode(line, PAIRS_LEEF, state, e);
}

static bool is_fortinet(struct str message)
{
	return pairs_kind_of(message) == PAIRS_FORTINET;
}

static bool is_cef(struct str message)
{
	return pairs_kind_of(message) == PAIRS_CEF;
}

static bool is_leef(struct str message)
{
	return pairs_kind_of(message) == PAIRS_LEEF;
}

static void *state_new(void)
{
	return pairs_new();
}

static void state_free(void *state)
{
	pairs_free(state);
}

/*
 * 97 where every line is of the kind and has no syslog header, less where only most are: below half it is somebody
 * else's. The first line of a head may be all that there is, cut anywhere; the last one is not looked at where there are
 * others.
 */
static int sniff(struct str head, enum pairs_kind kind)
{
	static const struct decode_options options = {.year = 2000};
	struct syslog_times t;
	unsigned ours = 0, lines = 0;
	syslog_times_init(&t, &options);
	if (str_starts(head, STR("\xEF\xBB\xBF")))
		head = str_skip(head, 3);
	while (head.n && lines < SNIFF_LINES) {
		struct syslog_line l;
		bool whole = str_find_byte(head, '\n') >= 0;
		struct str line = str_trim(str_cut(&head, '\n'));
		if (line.n == 0 || (!whole && lines > 0))
			continue;
		syslog_split(&t, line, &l);
		ours += !(l.flags & SYSLOG_HEADER) && pairs_kind_of(l.message) == kind;
		lines++;
	}
	return ours && ours * 2 > lines ? (int)(57 + ours * 40 / lines) : 0;
}

static int sniff_fortinet(struct str head) { return sniff(head, PAIRS_FORTINET); }
static int sniff_cef(struct str head) { return sniff(head, PAIRS_CEF); }
static int sniff_leef(struct str head) { return sniff(head, PAIRS_LEEF); }

const struct payload fortinet_payload = {
	.name = "fortinet", .first = LETTERS, .programs = "",
	.is = is_fortinet, .decode = decode_fortinet, .state_new = state_new, .state_free = state_free,
};

const struct payload cef_payload = {
	.name = "cef", .first = "C01", .programs = "",
	.is = is_cef, .decode = decode_cef, .state_new = state_new, .state_free = state_free,
};

const struct payload leef_payload = {
	.name = "leef", .first = "L", .programs = "",
	.is = is_leef, .decode = decode_leef, .state_new = state_new, .state_free = state_free,
};

const struct decode_format fortinet_format = {
	.name = "fortinet",
	.summary = "key=value lines of FortiGate and FortiProxy",
	.unit = DECODE_UNIT_LINE,
	.sniff = sniff_fortinet,
	.decode = syslog_decode,
	.state_new = syslog_state_new,
	.state_free = syslog_state_free,
};

const struct decode_format cef_format = {
	.name = "cef",
	.summary = "CEF lines",
	.unit = DECODE_UNIT_LINE,
	.sniff = sniff_cef,
	.decode = syslog_decode,
	.state_new = syslog_state_new,
	.state_free = syslog_state_free,
};

const struct decode_format leef_format = {
	.name = "leef",
	.summary = "LEEF lines",
	.unit = DECODE_UNIT_LINE,
	.sniff = sniff_leef,
	.decode = syslog_decode,
	.state_new = syslog_state_new,
	.state_free = syslog_state_free,
};
