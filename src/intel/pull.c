#include "intel/pull.h"

#include "base/utf8.h"

#include <string.h>

void pull_begin(struct pull *p, struct str text)
{
	*p = (struct pull){.at = text.p, .counted = text.p, .end = text.p + text.n};
}

static bool stop(struct pull *p, const char *error)
{
	if (!p->error)
		p->error = error;
	return false;
}

static void skip_space(struct pull *p)
{
	while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t'))
		p->at++;
}

enum pull_kind pull_peek(struct pull *p)
{
	if (p->error)
		return PULL_ERROR;
	skip_space(p);
	switch (p->at < p->end ? *p->at : 0) {
	case '{':
		return PULL_OBJECT;
	case '[':
		return PULL_ARRAY;
	case '"':
		return PULL_TEXT;
	case 't':
		return PULL_TRUE;
	case 'f':
		return PULL_FALSE;
	case 'n':
		return PULL_NULL;
	case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
		return PULL_NUMBER;
	default:
		stop(p, p->at < p->end ? "a value is expected here" : "the document ends too early");
		return PULL_ERROR;
	}
}

bool pull_enter(struct pull *p)
{
	enum pull_kind kind = pull_peek(p);

	if (kind != PULL_OBJECT && kind != PULL_ARRAY)
		return stop(p, "an object or array is expected here");
	if (p->depth == PULL_DEPTH_MAX)
		return stop(p, "nested deeper than 64 levels");
	p->depth++;
	p->at++;
	return true;
}

/* Behind the text's closing quote; *out is what stands between the quotes. */
static bool take_quoted(struct pull *p, struct str *out, bool *out_escaped)
{
	const char *from = p->at + 1, *s = from;
	bool escaped = false;

	for (;; s += 2) {
		const char *quote = memchr(s, '"', (size_t)(p->end - s)), *slash;

		if (!quote)
			return stop(p, "a text does not end");
		slash = memchr(s, '\\', (size_t)(quote - s));
		if (!slash) {
			s = quote;
			break;
		}
		escaped = true;
		s = slash;
		if (p->end - s < 2)
			return stop(p, "a text does not end");
	}
	*out = str_n(from, (size_t)(s - from));
	*out_escaped = escaped;
	p->at = s + 1;
	return true;
}

/* Between values: a comma, or the end. */
static bool next_one(struct pull *p, bool *first, char close)
{
	if (p->error)
		return false;
	skip_space(p);
	if (p->at < p->end && *p->at == close) {
		p->at++;
		p->depth--;
		return false;
	}
	if (!*first) {
		if (p->at == p->end || *p->at != ',')
			return stop(p, p->at == p->end ? "the document ends too early" : "a comma or an end is expected here");
		p->at++;
		skip_space(p);
	}
	*first = false;
	return true;
}

bool pull_element(struct pull *p, bool *first)
{
	return next_one(p, first, ']') && pull_peek(p) != PULL_ERROR;
}

bool pull_member(struct pull *p, bool *first, struct str *out_key)
{
	bool escaped;

	if (!next_one(p, first, '}'))
		return false;
	if (p->at == p->end || *p->at != '"')
		return stop(p, "a name in quotes is expected here");
	if (!take_quoted(p, out_key, &escaped))
		return false;
	skip_space(p);
	if (p->at == p->end || *p->at != ':')
		return stop(p, "a colon is expected here");
	p->at++;
	return pull_peek(p) != PULL_ERROR;
}

static bool take_word(struct pull *p, struct str *out)
{
	const char *from = p->at;

	while (p->at < p->end && (ascii_is_digit((unsigned char)*p->at) || (unsigned)ascii_lower((unsigned char)*p->at) - 'a' < 26u ||
				  *p->at == '-' || *p->at == '+' || *p->at == '.'))
		p->at++;
	*out = str_n(from, (size_t)(p->at - from));
	if (*from == 't' ? str_eq(*out, STR("true")) : *from == 'f' ? str_eq(*out, STR("false")) :
	    *from == 'n' ? str_eq(*out, STR("null")) : out->n > 0)
		return true;
	return stop(p, "a value is expected here");
}

static bool skip_flat(struct pull *p)
{
	struct str text;
	bool escaped;

	return pull_peek(p) == PULL_TEXT ? take_quoted(p, &text, &escaped) : take_word(p, &text);
}

/* Without recursion: a bit for each level says whether it is an object. */
bool pull_skip(struct pull *p)
{
	bool object[PULL_DEPTH_MAX + 1], first[PULL_DEPTH_MAX + 1];
	unsigned base = p->depth;
	enum pull_kind kind;
	struct str key;

	for (;;) {
		kind = pull_peek(p);
		if (kind == PULL_OBJECT || kind == PULL_ARRAY) {
			if (!pull_enter(p))
				return false;
			object[p->depth] = kind == PULL_OBJECT;
			first[p->depth] = true;
		} else if (kind == PULL_ERROR || !skip_flat(p)) {
			return false;
		}
		while (p->depth > base) {
			unsigned d = p->depth;

			if (object[d] ? pull_member(p, &first[d], &key) : pull_element(p, &first[d]))
				break;
			if (p->error)
				return false;
		}
		if (p->depth == base)
			return !p->error;
	}
}

static int hex4(const char *s, const char *end)
{
	int v = 0;

	if (end - s < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		unsigned char c = ascii_lower((unsigned char)s[i]);

		if (!ascii_is_digit(c) && (c < 'a' || c > 'f'))
			return -1;
		v = v << 4 | (ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return v;
}

/* \uXXXX, with its low half where it is a high one; bytes used behind the backslash, 0 where it is bad. */
static size_t unescape_u(const char *s, const char *end, char *out, size_t *out_n)
{
	int high = hex4(s + 1, end), low;

	if (high < 0)
		return 0;
	if (high >= 0xD800 && high < 0xDC00 && end - s >= 11 && s[5] == '\\' && s[6] == 'u') {
		low = hex4(s + 7, end);
		if (low >= 0xDC00 && low < 0xE000) {
			*out_n = utf8_encode(0x10000u + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00), out);
			return 11;
		}
	}
	*out_n = utf8_encode((uint32_t)high, out);
	return 5;
}

static size_t unescape_one(const char *s, const char *end, char *out, size_t *out_n)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (*s == 'u')
		return unescape_u(s, end, out, out_n);
	at = strchr(from, *s);
	if (!at || !*s)
		return 0;
	*out = to[at - from];
	*out_n = 1;
	return 1;
}

static bool unescape(struct pull *p, struct str raw, struct arena *a, struct str *out)
{
	char *text = arena_bytes(a, raw.n + 4);
	const char *s = raw.p, *end = raw.p + raw.n;
	size_t n = 0;

	while (s < end) {
		size_t wrote = 0, used;

		if (*s != '\\') {
			text[n++] = *s++;
			continue;
		}
		used = unescape_one(s + 1, end, text + n, &wrote);
		if (!used)
			return stop(p, "a bad escape in a text");
		s += 1 + used;
		n += wrote;
	}
	*out = str_n(text, n);
	return true;
}

bool pull_text(struct pull *p, struct arena *a, struct str *out)
{
	enum pull_kind kind = pull_peek(p);
	bool escaped;

	if (kind == PULL_TEXT) {
		if (!take_quoted(p, out, &escaped))
			return false;
		return !escaped || unescape(p, *out, a, out);
	}
	if (kind == PULL_OBJECT || kind == PULL_ARRAY || kind == PULL_ERROR)
		return stop(p, "a text is expected here");
	return take_word(p, out);
}

bool pull_end(struct pull *p)
{
	skip_space(p);
	return !p->error && (p->at == p->end || stop(p, "something follows the document"));
}

uint32_t pull_line(struct pull *p)
{
	const char *s;

	while (p->counted < p->at && (s = memchr(p->counted, '\n', (size_t)(p->at - p->counted)))) {
		p->lines++;
		p->counted = s + 1;
	}
	p->counted = p->at;
	return p->lines + 1;
}
