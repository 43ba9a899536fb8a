#include "decode/syslog.h"

#include <string.h>

#include "base/err.h"

#define TAG_MAX 128u		/* RFC 3164 says 32; container and unit names are longer */
#define PID_MAX 128u
#define CISCO_LEAD_MAX 96u	/* sequence number, host, time and zone before the mnemonic */

void syslog_times_init(struct syslog_times *t, const struct decode_options *options)
{
	struct civil c;
	*t = (struct syslog_times){.options = options, .limit = TICKS_NONE};
	if (options->reference == TICKS_NONE)
		return;
	t->limit = options->reference + 86400 * TICKS_PER_SECOND;
	clock_to_civil(t->limit + options->zone_min * 60 * TICKS_PER_SECOND, &c);
	t->year = c.year;
}

static inline struct str skip(struct str s, size_t n)
{
	return (struct str){s.p + n, s.n - n};
}

static inline struct str skip_blanks(struct str s)
{
	size_t i = 0;
	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t'))
		i++;
	return i ? skip(s, i) : s;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* clock_from_civil, with the day remembered: one of even years and one of odd, for a year is tried beside the next. */
static int64_t instant(struct syslog_times *t, const struct civil *c)
{
	struct syslog_day *d = &t->days[c->year & 1];
	if (c->year != d->year || c->month != d->month || c->day != d->day) {
		*d = (struct syslog_day){.year = c->year, .month = c->month, .day = c->day};
		d->ticks = clock_from_civil(&(struct civil){.year = c->year, .month = c->month, .day = c->day});
	}
	return d->ticks + (c->hour * INT64_C(3600) + c->minute * 60 + c->second) * TICKS_PER_SECOND + c->ticks;
}

/* The instant of a date without a year. */
static int64_t place_in_year(struct syslog_times *t, struct civil *c)
{
	const int64_t zone = t->options->zone_min * 60 * TICKS_PER_SECOND;
	const bool leap_day = c->month == 2 && c->day == 29;
	int fixed = c->year ? c->year : t->options->year;
	if (fixed) {
		c->year = fixed;
		return leap_day && !is_leap(fixed) ? TICKS_NONE : instant(t, c) - zone;
	}
	if (t->limit == TICKS_NONE)
		return TICKS_NONE;
	c->year = t->year;
	while (leap_day && !is_leap(c->year))
		c->year--;
	int64_t ticks = instant(t, c) - zone;
	if (ticks <= t->limit)
		return ticks;
	c->year--;
	while (leap_day && !is_leap(c->year))
		c->year--;
	return instant(t, c) - zone;
}

/* Three letters as one number. */
#define LETTERS(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

static int month_of(const char *p)
{
	switch (LETTERS((unsigned char)p[0], (unsigned char)p[1], (unsigned char)p[2])) {
	case LETTERS('J', 'a', 'n'): return 1;
	case LETTERS('F', 'e', 'b'): return 2;
	case LETTERS('M', 'a', 'r'): return 3;
	case LETTERS('A', 'p', 'r'): return 4;
	case LETTERS('M', 'a', 'y'): return 5;
	case LETTERS('J', 'u', 'n'): return 6;
	case LETTERS('J', 'u', 'l'): return 7;
	case LETTERS('A', 'u', 'g'): return 8;
	case LETTERS('S', 'e', 'p'): return 9;
	case LETTERS('O', 'c', 't'): return 10;
	case LETTERS('N', 'o', 'v'): return 11;
	case LETTERS('D', 'e', 'c'): return 12;
	default: return 0;
	}
}

static int two_digits(const char *p)
{
	if (!ascii_is_digit((unsigned char)p[0]) || !ascii_is_digit((unsigned char)p[1]))
		return -1;
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* The day: "dd", " d", or "d" alone; returns the bytes it takes with the blank behind it, or 0. */
static size_t read_day(const char *p, int *out)
{
	static const int longest[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int day;
	size_t n = 3;
	if (p[0] == ' ' && ascii_is_digit((unsigned char)p[1])) {
		day = p[1] - '0';
	} else if (ascii_is_digit((unsigned char)p[0]) && p[1] == ' ') {
		day = p[0] - '0';
		n = 2;
	} else {
		day = two_digits(p);
	}
	if (day < 1 || day > longest[*out - 1] || p[n - 1] != ' ')
		return 0;
	*out = day;
	return n;
}

static size_t read_fraction(struct str s, int *out_ticks)
{
	int ticks = 0, digits = 0;
	size_t i = 1;
	if (s.n < 2 || (s.p[0] != '.' && s.p[0] != ',') || !ascii_is_digit((unsigned char)s.p[1]))
		return 0;
	for (; i < s.n && ascii_is_digit((unsigned char)s.p[i]); i++)
		if (digits < 7) {
			ticks = ticks * 10 + (s.p[i] - '0');
			digits++;
		}
	for (; digits < 7; digits++)
		ticks *= 10;
	*out_ticks = ticks;
	return i;
}

/* "hh:mm:ss" and a fraction; the bytes it takes, or 0. */
static size_t read_clock(struct str s, struct civil *c)
{
	if (s.n < 8 || s.p[2] != ':' || s.p[5] != ':')
		return 0;
	c->hour = two_digits(s.p);
	c->minute = two_digits(s.p + 3);
	c->second = two_digits(s.p + 6);
	if (c->hour < 0 || c->hour > 23 || c->minute < 0 || c->minute > 59 || c->second < 0 || c->second > 60)
		return 0;
	return 8 + read_fraction(skip(s, 8), &c->ticks);
}

/* RFC 3164's "Mmm dd hh:mm:ss", with "yyyy " before the clock on Cisco's devices; the bytes it takes, or 0. */
static size_t read_bsd_time(struct syslog_times *t, struct str s, int64_t *out)
{
	struct civil c = {0};
	if (s.n < 14 || s.p[3] != ' ' || !(c.month = month_of(s.p)))
		return 0;
	int day = c.month;
	size_t used = 4 + read_day(s.p + 4, &day);
	if (used == 4)
		return 0;
	c.day = day;
	struct str rest = skip(s, used);
	if (rest.n > 5 && rest.p[4] == ' ' && rest.p[2] != ':') {
		int high = two_digits(rest.p), low = two_digits(rest.p + 2);
		if (high < 19 || low < 0)
			return 0;
		c.year = high * 100 + low;
		rest = skip(rest, 5);
		used += 5;
	}
	size_t n = read_clock(rest, &c);
	if (n == 0)
		return 0;
	*out = place_in_year(t, &c);
	return used + n;
}

/* A date and a time in ISO 8601 with a T; the bytes it takes, or 0. */
static size_t read_iso_time(struct syslog_times *t, struct str s, struct syslog_line *out)
{
	size_t used;
	int64_t ticks;
	int offset;
	if (s.n < 16 || s.p[4] != '-' || s.p[10] != 'T' || clock_parse_rfc3339(s, &ticks, &offset, &used) != 0)
		return 0;
	if (offset == CLOCK_NO_OFFSET)
		ticks -= t->options->zone_min * 60 * TICKS_PER_SECOND;
	out->time = ticks;
	out->offset_min = offset;
	return used;
}

/* A time, and a blank, a colon or the end behind it. */
static bool read_time(struct syslog_times *t, struct str *rest, struct syslog_line *out)
{
	size_t used = read_bsd_time(t, *rest, &out->time);
	if (used == 0)
		used = read_iso_time(t, *rest, out);
	if (used == 0)
		return false;
	if (used < rest->n && rest->p[used] != ' ' && rest->p[used] != ':') {
		out->time = TICKS_NONE;
		out->offset_min = CLOCK_NO_OFFSET;
		return false;
	}
	*rest = skip(*rest, used);
	return true;
}



/* "<PRI>", 0 to 191 without leading zeros. */
static bool read_priority(struct str *rest, struct syslog_line *out)
{
	unsigned v = 0;
	size_t i = 1;
	if (rest->n < 3 || rest->p[0] != '<')
		return false;
	for (; i < rest->n && i < 4 && ascii_is_digit((unsigned char)rest->p[i]); i++)
		v = v * 10 + (unsigned)(rest->p[i] - '0');
	if (i == 1 || i >= rest->n || rest->p[i] != '>' || v > 191 || (rest->p[1] == '0' && i > 2))
		return false;
	out->facility = (int)(v >> 3);
	out->severity = (int)(v & 7);
	*rest = skip(*rest, i + 1);
	return true;
}

/* ---- tags -------------------------------------------------------------------------------------------------------- */

/* What a byte is in the words behind the time: looked up, for every line goes through here byte by byte. */
enum {
	TAG_STOP = 1,		/* no program name holds it */
	TAG_PART = 2,		/* the name is only part of a tag that holds it */
	WORD_MARK = 4,		/* first_word looks at it */
};
static const uint8_t marks[256] = {
	[0 ... ' ' - 1] = TAG_STOP, [' '] = TAG_STOP | WORD_MARK, [':'] = TAG_STOP, ['['] = TAG_STOP | WORD_MARK,
	['"'] = TAG_STOP, ['\''] = TAG_STOP, ['`'] = TAG_STOP, [','] = TAG_STOP, [';'] = TAG_STOP,
	['='] = TAG_STOP | WORD_MARK, ['<'] = TAG_STOP, ['{'] = TAG_STOP, [0x7f] = TAG_STOP,
	['/'] = TAG_PART, ['('] = TAG_PART, [']'] = TAG_PART, ['|'] = WORD_MARK,
};

static bool is_upper(char c)
{
	return (unsigned char)(c - 'A') < 26;
}

static bool is_letter(char c)
{
	return (unsigned char)((c | 32) - 'a') < 26;
}

static bool has_letter(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_letter(s.p[i]) || (unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

/* "/usr/sbin/anacron", "sshd(pam_unix)", "syslogd 1.4.1" and gdm's "gdm-password]" to the program's name; "(systemd)"
 * stays. */
static struct str program_of(struct str tag)
{
	size_t begin = 0, end = tag.n;
	for (size_t i = 0; i < tag.n; i++) {
		if (tag.p[i] == '/' && i + 1 < end)
			begin = i + 1;
		if (tag.p[i] == ' ' || ((tag.p[i] == '(' || tag.p[i] == ']') && i > begin)) {
			end = i;
			break;
		}
	}
	return (struct str){tag.p + begin, end - begin};
}

static void set_tag(struct syslog_line *out, struct str tag, bool plain)
{
	out->program = plain ? tag : program_of(tag);
	if (!plain && out->program.n != tag.n)
		out->tag = tag;
}

/* "[pid]" at the start of s: the bytes it takes, or 0. */
static size_t read_pid(struct str s, struct str *out)
{
	size_t max = s.n < PID_MAX ? s.n : PID_MAX, i = 1;
	while (i < max && s.p[i] != ']' && s.p[i] != '[' && (unsigned char)s.p[i] > ' ')
		i++;
	if (i == max || s.p[i] != ']')
		return 0;
	*out = (struct str){s.p + 1, i - 1};
	return i + 1;
}

/* Old daemons log as "syslogd 1.4.1: text": the bytes up to the colon, or 0. */
static size_t read_version(struct str s)
{
	size_t i = 1;
	while (i < s.n && i < 16 && (ascii_is_digit((unsigned char)s.p[i]) || s.p[i] == '.' || s.p[i] == '-'))
		i++;
	return i > 1 && i + 1 < s.n && s.p[i] == ':' && s.p[i + 1] == ' ' && ascii_is_digit((unsigned char)s.p[1]) ? i : 0;
}

/* What may stand behind the colon of a tag: "http://x" and "std::y" are text. */
static bool ends_tag(struct str behind)
{
	return behind.n == 0 || (behind.p[0] != '/' && behind.p[0] != ':' && behind.p[0] != '\\');
}

/* "CEF:0|" and "LEEF:1.0|" are no tags but the beginning of the message. */
static bool begins_frame(struct str tag, struct str behind)
{
	return behind.n > 2 && ascii_is_digit((unsigned char)behind.p[1]) &&
		(str_eq(tag, STR("CEF")) || str_eq(tag, STR("LEEF")));
}

/* The tag and all behind it. */
static bool read_tag(struct str s, struct syslog_line *out)
{
	/* login(1) has written itself "-- root" where a name was given. */
	bool login = s.n > 3 && memcmp(s.p, "-- ", 3) == 0;
	size_t i = login ? 3 : 0, max = s.n < TAG_MAX ? s.n : TAG_MAX;
	unsigned mark = 0;
	for (; i < max; i++) {
		mark |= marks[(unsigned char)s.p[i]];
		if (mark & TAG_STOP)
			break;
	}
	bool plain = !(mark & TAG_PART);
	if (i == 0 || i == s.n || i == TAG_MAX)
		return false;
	struct str tag = str_head(s, i), behind = skip(s, i), pid = STR_NONE;
	if (s.p[i] == ':' && begins_frame(tag, behind))
		return false;
	if (s.p[i] == '[') {
		size_t n = read_pid(behind, &pid);
		behind = skip(behind, n);
		if (n == 0 || (behind.n && behind.p[0] != ':' && behind.p[0] != ' '))
			return false;
		behind = skip(behind, behind.n && behind.p[0] == ':');
	} else if (s.p[i] == ' ') {
		size_t n = read_version(behind);
		if (n == 0)
			return false;
		tag.n += n;
		plain = false;
		behind = skip(behind, n + 1);
	} else if (s.p[i] == ':' && ends_tag(skip(behind, 1))) {
		behind = skip(behind, 1);
	} else {
		return false;
	}
	if (!is_letter(tag.p[0]) && !has_letter(tag))
		return false;
	set_tag(out, tag, plain);
	if (login) {
		out->program = STR("login");
		out->tag = tag;
	}
	out->pid = pid;
	out->message = skip_blanks(behind);
	return true;
}

/* ---- Cisco ------------------------------------------------------------------------------------------------------- */

static bool is_mnemonic_byte(char c)
{
	return is_upper(c) || c == '_' || ascii_is_digit((unsigned char)c);
}

/* "%FAC-SEV-MNEM:", where FAC may hold dashes: the bytes it takes with the colon, or 0. */
static size_t read_mnemonic(struct str s, int *out_severity)
{
	size_t i = 1;
	int severity = -1;
	if (s.n < 6 || s.p[0] != '%' || !is_mnemonic_byte(s.p[1]))
		return 0;
	for (; i < s.n && i < TAG_MAX; i++) {
		if (s.p[i] == '-') {
			bool digit = i + 2 < s.n && s.p[i + 1] >= '0' && s.p[i + 1] <= '7' && s.p[i + 2] == '-';
			severity = digit ? s.p[i + 1] - '0' : severity;
			continue;
		}
		if (!is_mnemonic_byte(s.p[i]))
			break;
	}
	if (i >= s.n || s.p[i] != ':' || s.p[i - 1] == '-' || severity < 0)
		return 0;
	*out_severity = severity;
	return i + 1;
}

/* Where a mnemonic begins: at once, or behind a ": " or blank near the beginning. */
static ptrdiff_t find_mnemonic(struct str s)
{
	struct str head = str_head(s, CISCO_LEAD_MAX);
	for (size_t at = 0; at < head.n; at++) {
		ptrdiff_t next = str_find_byte(str_skip(head, at), '%');
		if (next < 0)
			return -1;
		at += (size_t)next;
		int severity;
		if ((at == 0 || s.p[at - 1] == ' ') && read_mnemonic(str_skip(s, at), &severity))
			return (ptrdiff_t)at;
	}
	return -1;
}

/* The lead of a Cisco line: "29: router1: *Apr 13 10:21:43.489 UTC: ", all of it optional. */
static void read_cisco_lead(struct syslog_times *t, struct str lead, struct syslog_line *out)
{
	while (lead.n) {
		lead = skip_blanks(lead);
		struct str at = str_skip(lead, lead.n && (lead.p[0] == '*' || lead.p[0] == '.'));
		int64_t time = TICKS_NONE;
		size_t used = read_bsd_time(t, at, &time);
		if (used) {
			out->time = out->time == TICKS_NONE ? time : out->time;
			return;
		}
		struct str word = str_cut(&lead, ' ');
		if (word.n && word.p[word.n - 1] == ':')
			word.n--;
		if (!out->host.p && has_letter(word) && !(out->flags & SYSLOG_HEADER))
			out->host = word;
	}
}

/* Takes a line as Cisco's where a mnemonic stands near the beginning of s. */
static bool read_cisco(struct syslog_times *t, struct str s, struct syslog_line *out)
{
	ptrdiff_t at = find_mnemonic(s);
	int severity;
	if (at < 0)
		return false;
	read_cisco_lead(t, str_head(s, (size_t)at), out);
	struct str rest = str_skip(s, (size_t)at);
	size_t n = read_mnemonic(rest, &severity);
	out->msgid = (struct str){rest.p + 1, n - 2};
	out->severity = out->severity == SYSLOG_NO_CODE ? severity : out->severity;
	out->message = skip_blanks(str_skip(rest, n));
	out->flags |= SYSLOG_HEADER | SYSLOG_CISCO;
	out->program = out->tag = out->pid = STR_NONE;
	return true;
}

/* ---- RFC 5424 ---------------------------------------------------------------------------------------------------- */

/* An ID or NAME: printable, without blank, '=', ']' and '"'; the bytes it takes, or 0. */
static size_t name_size(struct str s)
{
	size_t i = 0;
	while (i < s.n && (unsigned char)s.p[i] > ' ' && s.p[i] != '=' && s.p[i] != ']' && s.p[i] != '"')
		i++;
	return i;
}

/* '="value"', a backslash before a quote or another; the bytes it takes, or 0. */
static size_t value_size(struct str s)
{
	size_t i = 2;
	if (s.n < 3 || s.p[0] != '=' || s.p[1] != '"')
		return 0;
	while (i < s.n && s.p[i] != '"')
		i += s.p[i] == '\\' ? 2 : 1;
	return i < s.n ? i + 1 : 0;
}

/* Takes ' NAME="value"' off s; false where none is there. */
static bool take_parameter(struct str *s, struct str *name, struct str *value)
{
	struct str rest = skip_blanks(*s);
	size_t n = name_size(rest);
	struct str equals = skip(rest, n);
	size_t v = n && rest.p != s->p ? value_size(equals) : 0;
	if (v == 0)
		return false;
	*name = str_head(rest, n);
	*value = (struct str){equals.p + 2, v - 3};
	*s = skip(equals, v);
	return true;
}

/* The bytes of one '[ID NAME="value" ...]', or 0. */
static size_t element_size(struct str s)
{
	struct str name, value;
	if (s.n < 3 || s.p[0] != '[')
		return 0;
	struct str rest = skip(s, 1);
	size_t n = name_size(rest);
	rest = skip(rest, n);
	while (n && take_parameter(&rest, &name, &value))
		;
	rest = skip_blanks(rest);
	return n && rest.n && rest.p[0] == ']' ? (size_t)(rest.p - s.p) + 1 : 0;
}

bool syslog_parameter(struct str *data, struct str *id, struct str *name, struct str *value)
{
	struct str s = *data;
	while (!take_parameter(&s, name, value)) {
		s = skip_blanks(s);
		if (s.n && s.p[0] == ']')
			s = skip(s, 1);
		if (s.n == 0 || s.p[0] != '[') {
			*data = STR_NONE;
			return false;
		}
		s = skip(s, 1);
		*id = str_head(s, name_size(s));
		s = skip(s, id->n);
	}
	*data = s;
	return true;
}

struct str syslog_unescape(struct str value, struct arena *arena)
{
	if (str_find_byte(value, '\\') < 0)
		return value;
	char *out = arena_bytes(arena, value.n);
	size_t n = 0;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '\\' && i + 1 < value.n && memchr("\"\\]", value.p[i + 1], 3))
			i++;
		out[n++] = value.p[i];
	}
	arena_trim(arena, out, value.n, n);
	return (struct str){out, n};
}

/* Structured data at the beginning of *rest: false where it is damaged. */
static bool read_data(struct str *rest, struct str *out)
{
	struct str s = *rest;
	if (s.n && s.p[0] == '-' && (s.n == 1 || s.p[1] == ' ')) {
		*rest = str_skip(s, 1);
		return true;
	}
	size_t used = 0, n;
	while ((n = element_size(str_skip(s, used))) != 0)
		used += n;
	if (used == 0 || (used < s.n && s.p[used] != ' '))
		return false;
	*out = str_head(s, used);
	*rest = str_skip(s, used);
	return true;
}

static struct str read_token(struct str *rest)
{
	struct str token = str_cut(rest, ' ');
	return str_eq(token, STR("-")) ? STR_NONE : token;
}

static struct str without_bom(struct str s)
{
	return str_starts(s, STR("\xEF\xBB\xBF")) ? str_skip(s, 3) : s;
}

/* Behind the PRI: "1 TIME HOST APP PROCID MSGID SD MSG". */
static bool read_5424(struct syslog_times *t, struct str s, struct syslog_line *out)
{
	struct syslog_line got = *out;
	if (s.n < 4 || s.p[0] < '1' || s.p[0] > '9' || s.p[1] != ' ')
		return false;
	struct str rest = str_skip(s, 2);
	if (rest.p[0] == '-' && rest.p[1] == ' ') {
		rest = str_skip(rest, 2);
	} else {
		size_t used = read_iso_time(t, rest, &got);
		if (used == 0 || used >= rest.n || rest.p[used] != ' ')
			return false;
		rest = str_skip(rest, used + 1);
	}
	got.host = read_token(&rest);
	struct str app = read_token(&rest);
	if (app.p)
		set_tag(&got, app, !memchr(app.p, '/', app.n) && !memchr(app.p, '(', app.n));
	got.pid = read_token(&rest);
	got.msgid = read_token(&rest);
	if (!rest.p || !read_data(&rest, &got.data))
		got.flags |= SYSLOG_CUT;
	got.message = skip_blanks(without_bom(skip_blanks(rest)));
	if (!got.message.p)
		got.message = (struct str){s.p + s.n, 0};
	got.flags |= SYSLOG_HEADER;
	*out = got;
	return true;
}

/* ---- RFC 3164 and its kin ---------------------------------------------------------------------------------------- */

static int severity_word(struct str word)
{
	static const struct { struct str word; int severity; } words[] = {
		{{"INFO", 4}, 6}, {{"DEBUG", 5}, 7}, {{"NOTICE", 6}, 5}, {{"WARNING", 7}, 4}, {{"WARN", 4}, 4}, {{"ERR", 3}, 3},
		{{"ERROR", 5}, 3}, {{"CRIT", 4}, 2}, {{"CRITICAL", 8}, 2}, {{"ALERT", 5}, 1}, {{"EMERG", 5}, 0},
		{{"Info", 4}, 6}, {{"Debug", 5}, 7}, {{"Notice", 6}, 5}, {{"Warning", 7}, 4}, {{"Error", 5}, 3},
		{{"Critical", 8}, 2}, {{"Alert", 5}, 1}, {{"Emergency", 9}, 0},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq(words[i].word, word))
			return words[i].severity;
	return SYSLOG_NO_CODE;
}

/* macOS writes "<Info>: " behind the tag. */
static void read_macos(struct syslog_line *out)
{
	struct str m = out->message;
	if (m.n > 3 && m.p[0] == '<') {
		ptrdiff_t end = str_find(str_head(m, 16), STR(">:"));
		int severity = end > 1 ? severity_word((struct str){m.p + 1, (size_t)end - 1}) : SYSLOG_NO_CODE;
		if (severity != SYSLOG_NO_CODE) {
			out->severity = severity;
			out->message = skip_blanks(str_skip(m, (size_t)end + 2));
			out->flags |= SYSLOG_MACOS;
		}
	}
	if (out->program.n > 10 && memcmp(out->program.p, "com.apple.", 10) == 0)
		out->flags |= SYSLOG_MACOS;
}

/* The bytes of the first word; *out_tag: it is a tag already, and the host is missing. 0 for a word with '=' or '|', which
 * is neither host nor tag: the message begins with it. */
static size_t first_word(struct str s, bool *out_tag)
{
	size_t i = 0, bracket = 0;
	*out_tag = false;
	for (; i < s.n; i++) {
		if (!(marks[(unsigned char)s.p[i]] & WORD_MARK))
			continue;
		if (s.p[i] == ' ')
			break;
		if (s.p[i] == '[')
			bracket = i;
		else if (!bracket)
			return 0;
	}
	*out_tag = i > 0 && (s.p[i - 1] == ':' || (bracket && s.p[0] != '['));
	return i;
}

/* What stands behind the time: host and tag, one of them, or neither. */
static void read_host_and_tag(struct syslog_times *t, struct str rest, struct syslog_line *out)
{
	bool colon = rest.n && rest.p[0] == ':';
	rest = skip_blanks(skip(rest, colon));
	out->message = rest;
	bool tag;
	struct str word = {rest.p, first_word(rest, &tag)};
	if (colon || tag) {
		if (colon || !read_tag(rest, out) || (out->message.n && out->message.p[0] == '%'))
			read_cisco(t, rest, out);
		read_macos(out);
		return;
	}
	if (word.n == 0 || word.n == rest.n)
		return;
	int severity = is_upper(rest.p[0]) && out->offset_min != CLOCK_NO_OFFSET ? severity_word(word) : SYSLOG_NO_CODE;
	if (severity != SYSLOG_NO_CODE)
		out->severity = severity;
	else
		out->host = word;
	rest = skip_blanks(skip(rest, word.n));
	out->message = rest;
	if (!read_tag(rest, out) || (out->message.n && out->message.p[0] == '%'))
		read_cisco(t, rest, out);
	else if (out->message.n && (out->message.p[0] == '<' || out->program.p[0] == 'c'))
		read_macos(out);
}

void syslog_split(struct syslog_times *t, struct str line, struct syslog_line *out)
{
	*out = (struct syslog_line){.facility = SYSLOG_NO_CODE, .severity = SYSLOG_NO_CODE, .time = TICKS_NONE,
				    .offset_min = CLOCK_NO_OFFSET, .message = line};
	struct str rest = line;
	bool priority = read_priority(&rest, out);
	if (read_5424(t, rest, out))
		return;
	if (read_time(t, &rest, out)) {
		out->flags |= SYSLOG_HEADER | (out->time == TICKS_NONE ? SYSLOG_NO_TIME : 0u);
		read_host_and_tag(t, rest, out);
		return;
	}
	bool continued = !priority && line.n && ascii_is_space((unsigned char)line.p[0]);
	if (priority) {
		out->message = rest;
		if (read_cisco(t, rest, out) || read_tag(rest, out))
			out->flags |= SYSLOG_HEADER;
	}
	if (!continued && out->time == TICKS_NONE)
		out->flags |= SYSLOG_NO_TIME;
}
