#ifndef WEBLOG_NAIVE_H
#define WEBLOG_NAIVE_H
/*
 * The plainest reading of an access line that could be written, byte by byte. For tests only: weblog_split must give the
 * same parts.
 */
#include <string.h>

#include "weblog/weblog_parts.h"

static inline struct str naive_dash(struct str s)
{
	return s.n == 0 || str_eq(s, STR("-")) || str_eq(s, STR("\"\"")) ? STR_NONE : s;
}

static inline bool naive_word(struct str s, size_t *at, struct str *word)
{
	while (*at < s.n && s.p[*at] == ' ')
		++*at;
	size_t from = *at;
	while (*at < s.n && s.p[*at] != ' ')
		++*at;
	*word = (struct str){s.p + from, *at - from};
	return word->n > 0;
}

/* Does "[time] \"" begin at s.p[at]? How long the time is; 0: no. */
static inline size_t naive_time(struct str s, size_t at)
{
	int64_t ticks;
	int offset;
	size_t end = at;
	if (s.p[at] != '[')
		return 0;
	while (end < s.n && end < at + 48 && s.p[end] != ']')
		end++;
	if (end + 2 >= s.n || end == at + 48 || s.p[end] != ']' || s.p[end + 1] != ' ' || s.p[end + 2] != '"' || end < at + 20)
		return 0;
	struct str t = {s.p + at + 1, end - at - 1};
	bool shape = t.n == 26 && t.p[2] == '/' && t.p[6] == '/' && t.p[11] == ':';
	return shape || weblog_time(t, &ticks, &offset) ? t.n : 0;
}

static inline bool naive_front(struct str s, struct weblog_parts *out)
{
	struct str first, second;
	size_t at = 0, next;
	if (!naive_word(s, &at, &first))
		return false;
	next = at;
	naive_word(s, &next, &second);
	if (first.p[first.n - 1] == ',') {
		at = next;
		while (second.n && second.p[second.n - 1] == ',') {
			if (!naive_word(s, &at, &second))
				second = (struct str){s.p + at, 0};
		}
		out->forwarded = str_n(first.p, (size_t)(second.p + second.n - first.p));
	} else {
		size_t colon = first.n;
		while (colon > 0 && first.p[colon - 1] != ':')
			colon--;
		bool ip = weblog_is_ip(first), ported = !ip && colon > 1 && weblog_is_digits(str_skip(first, colon));
		if (ported && weblog_is_ip(str_head(first, colon - 1))) {
			out->client = str_head(first, colon - 1);
			out->client_port = str_skip(first, colon);
		} else if (ported || (!ip && weblog_is_ip(second))) {
			out->host = ported ? str_head(first, colon - 1) : first;
			out->port = ported ? str_skip(first, colon) : STR_NONE;
			out->client = naive_dash(second);
			at = next;
		} else {
			out->client = naive_dash(first);
		}
	}
	next = at;
	naive_word(s, &next, &second);
	if (second.n > 1 && second.p[0] == '(' && second.p[second.n - 1] == ')') {
		if (weblog_is_addresses(str_n(second.p + 1, second.n - 2)))
			out->forwarded = str_n(second.p + 1, second.n - 2);
		at = next;
	}
	naive_word(s, &at, &second);
	out->ident = naive_dash(second);
	out->user = naive_dash(str_trim(str_skip(s, at)));
	return true;
}

/* Is this quote the request's last? The status then. */
static inline bool naive_request_end(struct str s, size_t at, struct str *status)
{
	size_t slashes = 0, n = at + 2 < s.n && s.p[at + 2] == '-' ? 1 : 3;
	while (slashes < at && s.p[at - 1 - slashes] == '\\')
		slashes++;
	if (s.p[at] != '"' || slashes % 2 || at + 1 + n >= s.n || s.p[at + 1] != ' ')
		return false;
	*status = str_n(s.p + at + 2, n);
	return (n == 1 || weblog_is_digits(*status)) && (at + 2 + n == s.n || s.p[at + 2 + n] == ' ');
}

static inline bool naive_split(struct str line, struct weblog_parts *out)
{
	size_t at = 0, n = 0;
	*out = (struct weblog_parts){.cut = false};
	while (at < line.n && !(n = naive_time(line, at)))
		at++;
	if (at == line.n || !naive_front(str_head(line, at), out))
		return false;
	out->time = str_n(line.p + at + 1, n);
	struct str s = str_skip(line, at + n + 4);
	for (at = 0; at < s.n && !naive_request_end(s, at, &out->status); at++)
		;
	out->request = str_head(s, at);
	if (at == s.n) {
		out->status = STR_NONE;
		out->cut = true;
		return true;
	}
	out->rest = str_skip(s, at + 2 + out->status.n);
	out->status = naive_dash(out->status);
	struct str word;
	size_t used = 0;
	out->cut = !naive_word(out->rest, &used, &word);
	if (weblog_is_digits(word) || str_eq(word, STR("-"))) {
		out->bytes = naive_dash(word);
		out->rest = str_skip(out->rest, used);
	}
	return true;
}
#endif
