/* What access and error lines share: names, times, escapes, the request line. */
#include <string.h>

#include "weblog/weblog_parts.h"

static const char *const texts[WEBLOG_NAMES] = {
	[WEBLOG_C_IP] = "c-ip", [WEBLOG_C_DNS] = "c-dns", [WEBLOG_C_PORT] = "c-port", [WEBLOG_CS_HOST] = "cs-host",
	[WEBLOG_S_PORT] = "s-port", [WEBLOG_IDENT] = "ident", [WEBLOG_CS_USERNAME] = "cs-username",
	[WEBLOG_CS_METHOD] = "cs-method", [WEBLOG_CS_URI_STEM] = "cs-uri-stem", [WEBLOG_CS_URI_QUERY] = "cs-uri-query",
	[WEBLOG_CS_VERSION] = "cs-version", [WEBLOG_REQUEST] = "request", [WEBLOG_SC_STATUS] = "sc-status",
	[WEBLOG_SC_BYTES] = "sc-bytes", [WEBLOG_CS_REFERER] = "cs-referer", [WEBLOG_CS_USER_AGENT] = "cs-user-agent",
	[WEBLOG_X_FORWARDED_FOR] = "cs-x-forwarded-for", [WEBLOG_EXTRA] = "extra", [WEBLOG_LEVEL] = "level",
	[WEBLOG_MODULE] = "module", [WEBLOG_PID] = "pid", [WEBLOG_TID] = "tid", [WEBLOG_CODE] = "code",
	[WEBLOG_MESSAGE] = "message", [WEBLOG_CONNECTION] = "connection",
};
_Static_assert(WEBLOG_NAMES <= NAMES_SLOTS_COLUMNS - NAMES_SLOTS_WEBLOG, "one slot each");

struct str weblog_name_text(enum weblog_name name)
{
	return str_c(texts[name]);
}

void weblog_begin(struct weblog *w, struct names *names, int zone_min)
{
	w->zone_min = zone_min;
	if (w->names == names && w->epoch == names_epoch(names))
		return;
	w->names = names;
	w->epoch = names_epoch(names);
	for (unsigned i = 0; i < WEBLOG_NAMES; i++) {
		w->name[i] = names_fixed(names, NAMES_SLOTS_WEBLOG + i, str_c(texts[i]));
		w->key[i] = names_key(names, w->name[i]);
	}
}

static void add_kind(struct weblog *w, struct event *e, enum weblog_name name, enum value_kind kind, struct str value)
{
	if (e->field_count == e->field_cap && !event_reserve(e, 1))
		return;
	e->fields[e->field_count++] = (struct field){.data = value.p, .size = (uint32_t)value.n, .name = w->name[name],
						     .key = w->key[name], .kind = (uint8_t)kind, .space = FIELD_DATA};
}

void weblog_add(struct weblog *w, struct event *e, enum weblog_name name, struct str value)
{
	if (value.p)
		add_kind(w, e, name, VALUE_TEXT, value);
}

void weblog_add_number(struct weblog *w, struct event *e, enum weblog_name name, struct str digits)
{
	if (!digits.p)
		return;
	bool number = weblog_is_digits(digits) && digits.n < 16 && (digits.n == 1 || digits.p[0] != '0');
	add_kind(w, e, name, number ? VALUE_NUMBER : VALUE_TEXT, digits);
}

void weblog_add_client(struct weblog *w, struct event *e, struct str client)
{
	weblog_add(w, e, weblog_is_ip(client) ? WEBLOG_C_IP : WEBLOG_C_DNS, client);
}

/* --- small readings --- */

bool weblog_is_digits(struct str s)
{
	size_t i = 0;
	while (i < s.n && ascii_is_digit((unsigned char)s.p[i]))
		i++;
	return s.n > 0 && i == s.n;
}

static bool is_ipv4(struct str s)
{
	unsigned dots = 0, digits = 0, value = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.') {
			if (!digits || ++dots > 3)
				return false;
			digits = value = 0;
			continue;
		}
		if (!ascii_is_digit((unsigned char)s.p[i]) || ++digits > 3)
			return false;
		value = value * 10 + (unsigned)(s.p[i] - '0');
		if (value > 255)
			return false;
	}
	return dots == 3 && digits > 0;
}

/* Loosely: hex groups and at least two colons, perhaps an IPv4 address or a zone behind. */
static bool is_ipv6(struct str s)
{
	unsigned colons = 0, digits = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = ascii_lower((unsigned char)s.p[i]);
		if (c == '%' && colons >= 2)
			return i + 1 < s.n;
		if (c == '.')
			return colons >= 2 && digits > 0 && is_ipv4(str_skip(s, i - digits));
		if (c == ':') {
			colons++;
			digits = 0;
		} else if (!(ascii_is_digit(c) || (c >= 'a' && c <= 'f')) || ++digits > 4) {
			return false;
		}
	}
	return colons >= 2 && colons <= 8;
}

bool weblog_is_ip(struct str s)
{
	if (s.n < 2 || s.n > 64)
		return false;
	return is_ipv4(s) || is_ipv6(s);
}

bool weblog_is_addresses(struct str s)
{
	while (s.n) {
		struct str one = str_trim(str_cut(&s, ','));
		if (!weblog_is_ip(one))
			return false;
		if (s.p && s.n == 0)
			return false;
		if (!s.p)
			return true;
	}
	return false;
}

static int hex(char c)
{
	unsigned char l = ascii_lower((unsigned char)c);
	if (ascii_is_digit(l))
		return l - '0';
	return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* The byte of an escape that begins at s.p[0] and how many bytes it takes; 0: none. */
static size_t escape(struct str s, char *byte)
{
	static const char letters[] = "\"\"\\\\t\tn\nr\rb\bv\vf\f";
	if (s.n < 2)
		return 0;
	if (s.p[1] == 'x' && s.n >= 4 && hex(s.p[2]) >= 0 && hex(s.p[3]) >= 0) {
		*byte = (char)(hex(s.p[2]) * 16 + hex(s.p[3]));
		return 4;
	}
	for (size_t i = 0; letters[i]; i += 2) {
		if (letters[i] != s.p[1])
			continue;
		*byte = letters[i + 1];
		return 2;
	}
	return 0;
}

struct str weblog_unescape(struct str s, struct arena *a)
{
	if (!s.n || !memchr(s.p, '\\', s.n))
		return s;
	char *out = arena_bytes(a, s.n);
	size_t n = 0;
	for (size_t i = 0; i < s.n;) {
		size_t used = s.p[i] == '\\' ? escape(str_skip(s, i), &out[n]) : 0;
		if (!used) {
			out[n] = s.p[i];
			used = 1;
		}
		n++;
		i += used;
	}
	return str_n(out, n);
}

/* --- times --- */

static bool number(struct str s, size_t at, size_t digits, int *out)
{
	int v = 0;
	for (size_t i = at; i < at + digits; i++) {
		if (!ascii_is_digit((unsigned char)s.p[i]))
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = v;
	return true;
}

static bool month(struct str s, size_t at, int *out)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (int m = 0; m < 12; m++)
		if (memcmp(s.p + at, names + 3 * m, 3) == 0) {
			*out = m + 1;
			return true;
		}
	return false;
}

/* "13:55:36" at s.p + at */
static bool clock_time(struct str s, size_t at, struct civil *c)
{
	return s.n >= at + 8 && s.p[at + 2] == ':' && s.p[at + 5] == ':' && number(s, at, 2, &c->hour) &&
		number(s, at + 3, 2, &c->minute) && number(s, at + 6, 2, &c->second) && c->hour < 24 && c->minute < 60 &&
		c->second <= 60;
}

static bool day_exists(const struct civil *c)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (c->year < 1601 || c->month < 1 || c->month > 12 || c->day < 1)
		return false;
	bool leap = (c->year % 4 == 0 && c->year % 100 != 0) || c->year % 400 == 0;
	return c->day <= days[c->month - 1] + (c->month == 2 && leap);
}

/* ".123456" at *at, if there is one: its ticks, and *at behind it. */
static int fraction(struct str s, size_t *at)
{
	int ticks = 0, unit = (int)TICKS_PER_SECOND;
	if (*at >= s.n || s.p[*at] != '.')
		return 0;
	for (++*at; *at < s.n && ascii_is_digit((unsigned char)s.p[*at]); ++*at) {
		unit /= 10;
		ticks += (s.p[*at] - '0') * unit;
	}
	return ticks;
}

bool weblog_time(struct str s, int64_t *ticks, int *offset_min)
{
	struct civil c = {0};
	size_t at = 20, used;
	int hours, minutes;
	if (s.n < 26 || s.p[2] != '/')
		return s.n >= 19 && s.p[4] == '-' && clock_parse_rfc3339(s, ticks, offset_min, &used) == 0 && used == s.n;
	if (s.p[6] != '/' || s.p[11] != ':' || !number(s, 0, 2, &c.day) || !month(s, 3, &c.month) ||
	    !number(s, 7, 4, &c.year) || !clock_time(s, 12, &c) || !day_exists(&c))
		return false;
	c.ticks = fraction(s, &at);
	if (s.n != at + 6 || s.p[at] != ' ' || (s.p[at + 1] != '+' && s.p[at + 1] != '-') ||
	    !number(s, at + 2, 2, &hours) || !number(s, at + 4, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*offset_min = (hours * 60 + minutes) * (s.p[at + 1] == '-' ? -1 : 1);
	*ticks = clock_from_civil(&c) - *offset_min * 60 * TICKS_PER_SECOND;
	return true;
}

bool weblog_apache_time(struct str s, int64_t *ticks)
{
	struct civil c = {0};
	size_t at = 19;
	if (s.n < 24 || s.p[3] != ' ' || s.p[7] != ' ' || s.p[10] != ' ' || !month(s, 4, &c.month) ||
	    !number(s, 8 + (s.p[8] == ' '), 2 - (s.p[8] == ' '), &c.day) || !clock_time(s, 11, &c))
		return false;
	c.ticks = fraction(s, &at);
	if (s.n != at + 5 || s.p[at] != ' ' || !number(s, at + 1, 4, &c.year) || !day_exists(&c))
		return false;
	*ticks = clock_from_civil(&c);
	return true;
}

bool weblog_nginx_time(struct str s, int64_t *ticks)
{
	struct civil c = {0};
	if (s.n < WEBLOG_NGINX_TIME || s.p[4] != '/' || s.p[7] != '/' || s.p[10] != ' ' || !number(s, 0, 4, &c.year) ||
	    !number(s, 5, 2, &c.month) || !number(s, 8, 2, &c.day) || !clock_time(s, 11, &c) || !day_exists(&c))
		return false;
	*ticks = clock_from_civil(&c);
	return true;
}

/* --- the request line --- */

static bool is_version(struct str s)
{
	if (s.n < 6 || s.n > 8 || memcmp(s.p, "HTTP/", 5) != 0)
		return false;
	for (size_t i = 5; i < s.n; i++)
		if (!ascii_is_digit((unsigned char)s.p[i]) && s.p[i] != '.')
			return false;
	return true;
}

/* How many bytes of a method s begins with; without a version behind only upper-case letters are one. */
static size_t method_length(struct str s, bool any)
{
	size_t i = 0;
	while (i < s.n && i < 32) {
		unsigned char c = (unsigned char)s.p[i], l = ascii_lower(c);
		bool letter = l >= 'a' && l <= 'z' && (any || c != l);
		if (!letter && !(any && (ascii_is_digit(c) || c == '-' || c == '_')))
			break;
		i++;
	}
	return i < s.n && s.p[i] == ' ' ? i : 0;
}

void weblog_split_request(struct str s, struct weblog_request *out)
{
	struct str target = s;
	*out = (struct weblog_request){STR_NONE, STR_NONE, STR_NONE, STR_NONE, STR_NONE};
	const char *blank = s.n ? memrchr(s.p, ' ', s.n) : NULL;
	if (blank && is_version(str_n(blank + 1, (size_t)(s.p + s.n - blank - 1)))) {
		out->version = str_n(blank + 1, (size_t)(s.p + s.n - blank - 1));
		target.n = (size_t)(blank - s.p);
	}
	size_t method = method_length(s, out->version.p != NULL);
	if (!method || (!out->version.p && (method + 1 >= s.n || s.p[method + 1] != '/'))) {
		*out = (struct weblog_request){STR_NONE, STR_NONE, STR_NONE, STR_NONE, s};
		return;
	}
	out->method = str_head(s, method);
	target = str_skip(target, method + 1);
	ptrdiff_t mark = str_find_byte(target, '?');
	if (target.n)
		out->stem = mark < 0 ? target : str_head(target, (size_t)mark);
	if (mark >= 0 && (size_t)mark + 1 < target.n)
		out->query = str_skip(target, (size_t)mark + 1);
}

void weblog_add_request(struct weblog *w, struct event *e, struct str request)
{
	struct weblog_request r;
	if (!request.n)
		return;
	weblog_split_request(weblog_unescape(request, e->arena), &r);
	weblog_add(w, e, WEBLOG_CS_METHOD, r.method);
	weblog_add(w, e, WEBLOG_CS_URI_STEM, r.stem);
	weblog_add(w, e, WEBLOG_CS_URI_QUERY, r.query);
	weblog_add(w, e, WEBLOG_CS_VERSION, r.version);
	weblog_add(w, e, WEBLOG_REQUEST, r.other);
}
