/* Error logs of Apache and nginx. */
#include <string.h>

#include "weblog/weblog_parts.h"

static struct str after(struct str s, size_t n)
{
	return (struct str){s.p + n, s.n - n};
}

static bool take(struct str *s, struct str literal)
{
	if (!str_starts(*s, literal))
		return false;
	*s = after(*s, literal.n);
	return true;
}

/* --- Apache --- */

static bool is_level(struct str s)
{
	static const char *const levels[] = {"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", NULL};
	for (unsigned i = 0; levels[i]; i++)
		if (str_eq(s, str_c(levels[i])))
			return true;
	return s.n == 6 && str_starts(s, STR("trace")) && ascii_is_digit((unsigned char)s.p[5]);
}

/* "error" or "core:error" */
static bool split_level(struct str s, struct str *module, struct str *level)
{
	const char *colon = s.n ? memrchr(s.p, ':', s.n) : NULL;
	*module = colon ? str_n(s.p, (size_t)(colon - s.p)) : STR_NONE;
	*level = colon ? str_n(colon + 1, (size_t)(s.p + s.n - colon - 1)) : s;
	return is_level(*level) && (!colon || (module->n > 0 && module->n < 64));
}

/* Takes "[...] " off the front; it ends with "] ", for an IPv6 address may stand in brackets of its own. */
static bool take_bracket(struct str *s, struct str *inside)
{
	if (!s->n || s->p[0] != '[')
		return false;
	ptrdiff_t end = str_find(*s, STR("] "));
	if (end < 0 && s->p[s->n - 1] == ']')
		end = (ptrdiff_t)s->n - 1;
	if (end < 1)
		return false;
	*inside = str_n(s->p + 1, (size_t)end - 1);
	*s = str_skip(*s, (size_t)end + 2);
	return true;
}

/* "192.0.2.1", "192.0.2.1:80", "192.0.2.1 :80", "[2001:db8::1]:80" */
static void split_client(struct str s, struct str *ip, struct str *port)
{
	*ip = s;
	*port = STR_NONE;
	if (weblog_is_ip(s))
		return;
	const char *colon = s.n ? memrchr(s.p, ':', s.n) : NULL;
	struct str behind = colon ? str_n(colon + 1, (size_t)(s.p + s.n - colon - 1)) : STR_NONE;
	if (weblog_is_digits(behind)) {
		*ip = str_trim(str_n(s.p, (size_t)(colon - s.p)));
		*port = behind;
	}
	if (ip->n > 2 && ip->p[0] == '[' && ip->p[ip->n - 1] == ']')
		*ip = str_n(ip->p + 1, ip->n - 2);
}

struct apache {
	struct str module, level, pid, tid, client, port, message;
	int64_t time;
};

/* One of the brackets between the time and the message; false where it is none of them. */
static bool read_bracket(struct str s, struct apache *a)
{
	struct str module, level;
	if (take(&s, STR("pid "))) {
		a->pid = str_cut(&s, ':');
		if (take(&s, STR("tid ")))
			a->tid = s;
		return true;
	}
	if (take(&s, STR("tid "))) {
		a->tid = s;
		return true;
	}
	if (take(&s, STR("client ")) || take(&s, STR("remote "))) {
		if (!a->client.p)
			split_client(s, &a->client, &a->port);
		return true;
	}
	if (a->level.p || !split_level(s, &module, &level))
		return false;
	a->module = module;
	a->level = level;
	return true;
}

/* "(70014)End of file found: [client 192.0.2.1:42114] AH...": the system's words stand before the client. */
static void find_client(struct apache *a)
{
	struct str s = a->message, inside;
	if (a->client.p || !s.n || s.p[0] != '(')
		return;
	ptrdiff_t digits = str_find_byte(s, ')'), at = str_find(s, STR(": [client "));
	if (digits < 2 || at < digits || !weblog_is_digits(str_n(s.p + 1, (size_t)digits - 1)))
		return;
	s = after(s, (size_t)at + 2);
	if (take_bracket(&s, &inside) && read_bracket(inside, a))
		a->message = s;
}

static bool split_apache(struct str line, struct apache *a)
{
	struct str rest = line, inside;
	*a = (struct apache){.time = TICKS_NONE};
	if (!take_bracket(&rest, &inside))
		return false;
	if (!weblog_apache_time(inside, &a->time) && (!read_bracket(inside, a) || !a->level.p))
		return false;
	for (;;) {
		struct str before = rest;
		if (take_bracket(&rest, &inside) && read_bracket(inside, a))
			continue;
		a->message = before;
		break;
	}
	if (!a->level.p)
		return false;
	find_client(a);
	return true;
}

/* ModSecurity: [key "value"] ...; a value that was cut short is passed over. */
static void add_pairs(struct weblog *w, struct event *e, struct str s)
{
	ptrdiff_t at;
	while ((at = str_find(s, STR(" ["))) >= 0) {
		s = after(s, (size_t)at + 2);
		size_t n = 0;
		while (n < s.n && n < 32 && ((s.p[n] >= 'a' && s.p[n] <= 'z') || s.p[n] == '_'))
			n++;
		struct str key = str_head(s, n), value = str_skip(s, n);
		if (!n || !take(&value, STR(" \"")))
			continue;
		size_t end = 0;
		while (end < value.n && value.p[end] != '"')
			end += value.p[end] == '\\' ? 2 : 1;
		if (end + 1 >= value.n || value.p[end + 1] != ']')
			continue;
		struct str text = weblog_unescape(str_head(value, end), e->arena);
		if (str_eq(key, STR("hostname")))
			weblog_add(w, e, WEBLOG_CS_HOST, text);
		else if (str_eq(key, STR("uri")))
			weblog_add(w, e, WEBLOG_CS_URI_STEM, text);
		else
			event_add_named(e, FIELD_DATA, key, VALUE_TEXT, text);
		s = str_skip(value, end + 1);
	}
}

/* The only place where `mark` stands: what is behind it; STR_NONE without one, *twice where there are more. */
static struct str behind_only(struct str s, struct str mark, bool *twice)
{
	ptrdiff_t at = str_find(s, mark);
	if (at < 0)
		return STR_NONE;
	struct str rest = after(s, (size_t)at + mark.n);
	if (str_find(rest, mark) < 0)
		return rest;
	*twice = true;
	return STR_NONE;
}

static struct str take_code(struct str message)
{
	if (message.n < 8 || !str_starts(message, STR("AH")) || message.p[7] != ':' ||
	    !weblog_is_digits(str_n(message.p + 2, 5)))
		return STR_NONE;
	return str_head(message, 7);
}

static enum decode_result decode_apache(struct weblog *w, const struct apache *a, struct event *e)
{
	bool twice = false;
	e->product = e->service = STR("apache");
	if (a->time != TICKS_NONE)
		e->time = a->time - w->zone_min * 60 * TICKS_PER_SECOND;
	weblog_add(w, e, WEBLOG_MODULE, a->module);
	weblog_add(w, e, WEBLOG_LEVEL, a->level);
	weblog_add_number(w, e, WEBLOG_PID, a->pid);
	weblog_add_number(w, e, WEBLOG_TID, a->tid);
	if (a->client.p)
		weblog_add_client(w, e, a->client);
	weblog_add_number(w, e, WEBLOG_C_PORT, a->port);
	weblog_add(w, e, WEBLOG_CODE, take_code(a->message));
	weblog_add(w, e, WEBLOG_MESSAGE, a->message);
	weblog_add(w, e, WEBLOG_CS_REFERER, behind_only(a->message, STR(", referer: "), &twice));
	if (str_starts(a->message, STR("ModSecurity:")))
		add_pairs(w, e, a->message);
	return twice ? DECODE_PARTIAL : DECODE_MATCH;
}

/* --- nginx --- */

struct nginx {
	struct str level, pid, tid, connection, message;
	int64_t time;
};

/* "2023/11/15 12:49:01 [warn] 17308#17308: *5 message" */
static bool split_nginx(struct str line, struct nginx *n)
{
	struct str rest = line;
	*n = (struct nginx){.time = TICKS_NONE};
	if (!weblog_nginx_time(line, &n->time))
		return false;
	rest = after(rest, WEBLOG_NGINX_TIME);
	if (!take(&rest, STR(" [")))
		return false;
	n->level = str_cut(&rest, ']');
	if (!is_level(n->level) || !take(&rest, STR(" ")))
		return false;
	n->pid = str_cut(&rest, '#');
	n->tid = str_cut(&rest, ':');
	if (!weblog_is_digits(n->pid) || !weblog_is_digits(n->tid) || !rest.p)
		return false;
	take(&rest, STR(" "));
	if (str_starts(rest, STR("*"))) {
		struct str other = after(rest, 1), number = str_cut(&other, ' ');
		if (weblog_is_digits(number)) {
			n->connection = number;
			rest = other.p ? other : STR("");
		}
	}
	n->message = rest;
	return true;
}

static const struct { const char *mark; int name; } nginx_parts[] = {
	{", client: ", WEBLOG_C_IP}, {", server: ", -1}, {", request: ", WEBLOG_REQUEST}, {", subrequest: ", -1},
	{", upstream: ", -1}, {", host: ", WEBLOG_CS_HOST}, {", referrer: ", WEBLOG_CS_REFERER}, {", responder: ", -1},
	{", certificate: ", -1},
};
#define NGINX_PARTS (sizeof nginx_parts / sizeof *nginx_parts)

static bool begins_part(struct str s)
{
	for (size_t i = 0; i < NGINX_PARTS; i++)
		if (str_starts(s, str_c(nginx_parts[i].mark)))
			return true;
	return s.n == 0;
}

/* A value ends where the next part begins: a quoted one behind its quote. */
static struct str part_value(struct str s, bool *cut)
{
	bool quoted = s.n && s.p[0] == '"';
	for (size_t i = quoted; i <= s.n; i++) {
		if (i < s.n && s.p[i] != (quoted ? '"' : ','))
			continue;
		if (begins_part(str_skip(s, i + (quoted && i < s.n))) && (!quoted || i < s.n))
			return quoted ? str_n(s.p + 1, i - 1) : str_head(s, i);
	}
	*cut = true;
	return quoted ? str_skip(s, 1) : s;
}

static void add_part(struct weblog *w, struct event *e, size_t i, struct str value)
{
	struct str mark = str_c(nginx_parts[i].mark);
	if (nginx_parts[i].name == WEBLOG_C_IP)
		weblog_add_client(w, e, value);
	else if (nginx_parts[i].name == WEBLOG_REQUEST)
		weblog_add_request(w, e, value);
	else if (nginx_parts[i].name >= 0)
		weblog_add(w, e, (enum weblog_name)nginx_parts[i].name, value);
	else
		event_add_named(e, FIELD_DATA, str_n(mark.p + 2, mark.n - 4), VALUE_TEXT, value);
}

static enum decode_result decode_nginx(struct weblog *w, const struct nginx *n, struct event *e)
{
	bool doubtful = false;
	size_t end = n->message.n;
	e->product = e->service = STR("nginx");
	e->time = n->time - w->zone_min * 60 * TICKS_PER_SECOND;
	weblog_add(w, e, WEBLOG_LEVEL, n->level);
	weblog_add_number(w, e, WEBLOG_PID, n->pid);
	weblog_add_number(w, e, WEBLOG_TID, n->tid);
	weblog_add_number(w, e, WEBLOG_CONNECTION, n->connection);
	for (size_t i = 0; i < NGINX_PARTS; i++) {
		ptrdiff_t at = str_find(n->message, str_c(nginx_parts[i].mark));
		if (at >= 0 && (size_t)at < end)
			end = (size_t)at;
	}
	weblog_add(w, e, WEBLOG_MESSAGE, str_head(n->message, end));
	for (size_t i = 0; i < NGINX_PARTS; i++) {
		struct str value = behind_only(n->message, str_c(nginx_parts[i].mark), &doubtful);
		if (value.p)
			add_part(w, e, i, part_value(value, &doubtful));
	}
	return doubtful ? DECODE_PARTIAL : DECODE_MATCH;
}

enum decode_result weblog_error(struct weblog *w, struct str line, struct event *e)
{
	struct apache a;
	struct nginx n;
	enum decode_result r;
	if (split_apache(line, &a))
		r = decode_apache(w, &a, e);
	else if (split_nginx(line, &n))
		r = decode_nginx(w, &n, e);
	else
		return DECODE_MISS;
	e->category = STR("webserver");
	return r;
}

bool weblog_is_error(struct str line)
{
	struct apache a;
	struct nginx n;
	return split_apache(line, &a) || split_nginx(line, &n);
}
