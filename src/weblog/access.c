/* Access lines: [vhost] client ident user [time] "request" status bytes ["referer" "agent"] and whatever stands behind. */
#include <string.h>

#include "weblog/weblog_parts.h"

static struct str none_for_dash(struct str s)
{
	return s.n == 0 || (s.n == 1 && s.p[0] == '-') || (s.n == 2 && s.p[0] == '"' && s.p[1] == '"') ? STR_NONE : s;
}

static struct str next_word(struct str *rest)
{
	size_t n = 0;
	while (rest->n && rest->p[0] == ' ')
		*rest = (struct str){rest->p + 1, rest->n - 1};
	while (n < rest->n && rest->p[n] != ' ')
		n++;
	struct str word = {rest->p, n};
	*rest = (struct str){rest->p + n, rest->n - n};
	return word;
}

/* "10/Oct/2000:13:55:36 -0700" by its shape, or any other time. */
static bool is_time(struct str s)
{
	int64_t ticks;
	int offset;
	if (s.n == 26 && s.p[2] == '/' && s.p[6] == '/' && s.p[11] == ':')
		return true;
	return weblog_time(s, &ticks, &offset);
}

/* "[time] \"": servers escape the quote of what a client sends, so that no name holds this. */
static bool find_time(struct str line, size_t *open, size_t *close)
{
	const char *p = line.p, *stop = line.p + line.n;
	while (p < stop && (p = memchr(p, '[', (size_t)(stop - p)))) {
		size_t left = (size_t)(stop - p);
		const char *end = memchr(p, ']', left < 48 ? left : 48);
		if (end && end - p > 19 && stop - end > 2 && end[1] == ' ' && end[2] == '"' &&
		    is_time(str_n(p + 1, (size_t)(end - p) - 1))) {
			*open = (size_t)(p - line.p) + 1;
			*close = (size_t)(end - line.p);
			return true;
		}
		p++;
	}
	return false;
}

/* "www.example.org:443": the last colon counts; false where no port stands behind it. */
static bool split_port(struct str word, struct str *host, struct str *port)
{
	const char *colon = memrchr(word.p, ':', word.n);
	if (!colon || colon == word.p || !weblog_is_digits(str_n(colon + 1, (size_t)(word.p + word.n - colon - 1))))
		return false;
	*host = str_n(word.p, (size_t)(colon - word.p));
	*port = str_n(colon + 1, (size_t)(word.p + word.n - colon - 1));
	return true;
}

/* The client, or the virtual host and the client behind it: only a host bears a port, or is no address where one follows. */
static void take_client(struct str word, struct str *front, struct weblog_parts *out)
{
	struct str host = word, port = STR_NONE, rest = *front, second = next_word(&rest);
	bool is_ip = weblog_is_ip(word), ported = !is_ip && split_port(word, &host, &port);
	if (ported && weblog_is_ip(host)) {
		out->client = host;
		out->client_port = port;
	} else if (ported || (!is_ip && weblog_is_ip(second))) {
		out->host = host;
		out->port = port;
		out->client = none_for_dash(second);
		*front = rest;
	} else {
		out->client = none_for_dash(word);
	}
}

/* What stands before the time. */
static bool split_front(struct str front, struct weblog_parts *out)
{
	struct str word = next_word(&front), rest = front;
	if (!word.n)
		return false;
	if (word.p[word.n - 1] == ',') {
		/* a list of proxies in the place of the client */
		struct str last;
		do
			last = next_word(&rest);
		while (last.n && last.p[last.n - 1] == ',');
		out->forwarded = str_n(word.p, (size_t)(last.p + last.n - word.p));
		front = rest;
	} else {
		take_client(word, &front, out);
	}
	rest = front;
	word = next_word(&rest);
	if (word.n > 1 && word.p[0] == '(' && word.p[word.n - 1] == ')') {
		struct str inside = str_n(word.p + 1, word.n - 2);
		if (weblog_is_addresses(inside))
			out->forwarded = inside;
		front = rest;
	}
	out->ident = none_for_dash(next_word(&front));
	out->user = none_for_dash(str_trim(front));
	return true;
}

/* Is the quote at s.p[at] escaped? */
static bool is_escaped(struct str s, size_t at)
{
	size_t n = 0;
	while (n < at && s.p[at - n - 1] == '\\')
		n++;
	return n & 1;
}

/* " 200 " or " - " or the same at the end: the status behind the request's quote. */
static bool status_at(struct str s, struct str *status)
{
	if (s.n < 2 || s.p[0] != ' ')
		return false;
	size_t n = s.p[1] == '-' ? 1 : 3;
	if (s.n < n + 1 || (n == 3 && !weblog_is_digits(str_n(s.p + 1, 3))) || (s.n > n + 1 && s.p[n + 1] != ' '))
		return false;
	*status = str_n(s.p + 1, n);
	return true;
}

/* The request ends with the first quote that a status follows: some servers do not escape quotes. */
static void split_request_status(struct str s, struct weblog_parts *out)
{
	size_t at = 0;
	while (at < s.n) {
		const char *quote = memchr(s.p + at, '"', s.n - at);
		if (!quote)
			break;
		at = (size_t)(quote - s.p);
		struct str behind = {quote + 1, s.n - at - 1};
		if (!is_escaped(s, at) && status_at(behind, &out->status)) {
			out->request = str_head(s, at);
			out->rest = str_skip(behind, out->status.n + 1);
			return;
		}
		at++;
	}
	out->request = s;
	out->cut = true;
}

bool weblog_split(struct str line, struct weblog_parts *out)
{
	size_t open, close;
	*out = (struct weblog_parts){.cut = false};
	if (!find_time(line, &open, &close) || !split_front(str_head(line, open - 1), out))
		return false;
	out->time = str_n(line.p + open, close - open);
	split_request_status(str_skip(line, close + 3), out);
	out->status = none_for_dash(out->status);
	if (out->cut)
		return true;
	struct str rest = out->rest, word = next_word(&rest);
	if (weblog_is_digits(word) || (word.n == 1 && word.p[0] == '-')) {
		out->bytes = none_for_dash(word);
		out->rest = rest;
	}
	out->cut = !word.n;
	return true;
}

/* --- behind the bytes --- */

struct behind {
	struct weblog *w;
	struct event *e;
	unsigned quoted;		/* how many quoted values there were */
	bool cut;
};

/* The text between quotes at the front of *rest. */
static struct str take_quoted(struct str *rest, bool *cut)
{
	struct str s = str_skip(*rest, 1);
	size_t at = 0;
	while (at < s.n) {
		const char *quote = memchr(s.p + at, '"', s.n - at);
		if (!quote)
			break;
		at = (size_t)(quote - s.p);
		if (!is_escaped(s, at) && (at + 1 == s.n || s.p[at + 1] == ' ')) {
			*rest = str_skip(s, at + 1);
			return str_head(s, at);
		}
		at++;
	}
	*rest = STR_NONE;
	*cut = true;
	return s;
}

static bool looks_like_referer(struct str s)
{
	return str_starts(s, STR("http")) || str_starts(s, STR("/")) || str_eq(s, STR("-"));
}

static void add_quoted(struct behind *b, struct str value, bool last)
{
	unsigned place = b->quoted++;
	if (place == 0 && last && !b->cut && !looks_like_referer(value))
		place = 1;		/* the agent alone */
	value = none_for_dash(value);
	if (!value.p)
		return;
	enum weblog_name name = place == 0 ? WEBLOG_CS_REFERER : place == 1 ? WEBLOG_CS_USER_AGENT : WEBLOG_EXTRA;
	if (place == 2 && weblog_is_addresses(value))
		name = WEBLOG_X_FORWARDED_FOR;
	weblog_add(b->w, b->e, name, weblog_unescape(value, b->e->arena));
}

static void add_behind(struct behind *b, struct str rest)
{
	for (;;) {
		while (rest.n && rest.p[0] == ' ')
			rest = (struct str){rest.p + 1, rest.n - 1};
		if (!rest.n)
			return;
		if (rest.p[0] == '"') {
			struct str value = take_quoted(&rest, &b->cut);
			add_quoted(b, value, rest.n == 0 || !memchr(rest.p, '"', rest.n));
		} else {
			weblog_add(b->w, b->e, WEBLOG_EXTRA, none_for_dash(next_word(&rest)));
		}
	}
}

/* Most lines have the time of the one before. */
static bool read_time(struct weblog *w, struct str s, struct event *e)
{
	int64_t ticks;
	int offset;
	if (s.n == sizeof w->last_time && memcmp(s.p, w->last_time, sizeof w->last_time) == 0) {
		e->time = w->last_ticks;
		e->offset_min = w->last_offset;
		return true;
	}
	if (!weblog_time(s, &ticks, &offset))
		return false;
	e->time = ticks;
	e->offset_min = offset;
	if (s.n == sizeof w->last_time) {
		memcpy(w->last_time, s.p, s.n);
		w->last_ticks = ticks;
		w->last_offset = offset;
	}
	return true;
}

enum decode_result weblog_access(struct weblog *w, struct str line, struct event *e)
{
	struct weblog_parts p;
	if (!weblog_split(line, &p) || !read_time(w, p.time, e))
		return DECODE_MISS;
	e->category = STR("webserver");
	if (p.client.p)
		weblog_add_client(w, e, p.client);
	weblog_add_number(w, e, WEBLOG_C_PORT, p.client_port);
	weblog_add(w, e, WEBLOG_CS_HOST, p.host);
	weblog_add_number(w, e, WEBLOG_S_PORT, p.port);
	weblog_add(w, e, WEBLOG_IDENT, p.ident);
	weblog_add(w, e, WEBLOG_CS_USERNAME, weblog_unescape(p.user, e->arena));
	weblog_add_request(w, e, none_for_dash(p.request));
	weblog_add_number(w, e, WEBLOG_SC_STATUS, p.status);
	weblog_add_number(w, e, WEBLOG_SC_BYTES, p.bytes);
	weblog_add(w, e, WEBLOG_X_FORWARDED_FOR, p.forwarded);
	struct behind b = {.w = w, .e = e, .cut = p.cut};
	if (p.rest.n)
		add_behind(&b, p.rest);
	return b.cut ? DECODE_PARTIAL : DECODE_MATCH;
}

bool weblog_is_access(struct str line)
{
	struct weblog_parts p;
	int64_t ticks;
	int offset;
	return weblog_split(line, &p) && weblog_time(p.time, &ticks, &offset) && str_find_byte(p.user, ' ') < 0;
}
