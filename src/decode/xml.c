#include "decode/xml.h"

#include <string.h>

#include "base/utf8.h"

static struct xml_token bad(struct xml_reader *r, const char *why)
{
	r->why = why;
	return (struct xml_token){.kind = XML_BAD};
}

static bool is_name_byte(unsigned char c, bool first)
{
	return ((unsigned)c | 32u) - 'a' < 26u || c == '_' || c == ':' || c >= 0x80 || (!first && (ascii_is_digit(c) || c == '-' || c == '.'));
}

static struct str take_name(struct str *s)
{
	size_t n = 0;

	while (n < s->n && is_name_byte((unsigned char)s->p[n], n == 0))
		n++;
	struct str name = str_head(*s, n);
	*s = str_skip(*s, n);
	return name;
}

static struct str skip_space(struct str s)
{
	while (s.n && ascii_is_space((unsigned char)*s.p))
		s = str_skip(s, 1);
	return s;
}

/* Behind the next `end`; false where there is none. */
static bool skip_behind(struct str *s, struct str end, struct str *out_before)
{
	ptrdiff_t at = str_find(*s, end);

	if (at < 0)
		return false;
	*out_before = str_head(*s, (size_t)at);
	*s = str_skip(*s, (size_t)at + end.n);
	return true;
}

/* The '>' of a tag: not one within a quoted value. */
static ptrdiff_t tag_end(struct str s)
{
	char quote = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? 0 : c;
		else if (c == '<')
			return -1;
		else if (c == '>' && !quote)
			return (ptrdiff_t)i;
	}
	return -1;
}

static struct xml_token open_tag(struct xml_reader *r)
{
	struct str s = str_skip(r->rest, 1);
	struct xml_token t = {.kind = XML_OPEN, .name = take_name(&s)};
	ptrdiff_t end = tag_end(s);

	if (t.name.n == 0)
		return bad(r, "a '<' that begins no tag");
	if (end < 0)
		return bad(r, "a tag without an end");
	t.body = str_head(s, (size_t)end);
	t.empty = str_ends(t.body, STR("/"));
	t.body.n -= t.empty;
	if (t.body.n && !ascii_is_space((unsigned char)*t.body.p))
		return bad(r, "a tag's name is followed by something else");
	r->rest = str_skip(s, (size_t)end + 1);
	return t;
}

static struct xml_token close_tag(struct xml_reader *r)
{
	struct str s = str_skip(r->rest, 2);
	struct xml_token t = {.kind = XML_CLOSE, .name = take_name(&s)};

	s = skip_space(s);
	if (t.name.n == 0 || s.n == 0 || *s.p != '>')
		return bad(r, "an end tag that is none");
	r->rest = str_skip(s, 1);
	return t;
}

struct xml_token xml_next(struct xml_reader *r)
{
	struct str s, skipped;

	while (r->rest.n) {
		if (*r->rest.p != '<') {
			const char *lt = memchr(r->rest.p, '<', r->rest.n);
			struct str text = str_head(r->rest, lt ? (size_t)(lt - r->rest.p) : r->rest.n);
			r->rest = str_skip(r->rest, text.n);
			return (struct xml_token){.kind = XML_TEXT, .body = text};
		}
		if (str_starts(r->rest, STR("<![CDATA["))) {
			struct xml_token t = {.kind = XML_CDATA};
			s = str_skip(r->rest, 9);
			if (!skip_behind(&s, STR("]]>"), &t.body))
				return bad(r, "CDATA without an end");
			r->rest = s;
			return t;
		}
		if (str_starts(r->rest, STR("</")))
			return close_tag(r);
		bool comment = str_starts(r->rest, STR("<!--"));
		if (!comment && !str_starts(r->rest, STR("<?")))
			return str_starts(r->rest, STR("<!")) ? bad(r, "a document type, which is not read") : open_tag(r);
		s = str_skip(r->rest, comment ? 4 : 2);
		if (!skip_behind(&s, comment ? STR("-->") : STR("?>"), &skipped))
			return bad(r, comment ? "a comment without an end" : "an instruction without an end");
		r->rest = s;
	}
	return (struct xml_token){.kind = XML_END};
}

int xml_attribute(struct str *attributes, struct str *out_name, struct str *out_value, const char **why)
{
	struct str s = skip_space(*attributes);

	if (s.n == 0)
		return 0;
	*why = "an attribute that is none";
	*out_name = take_name(&s);
	s = skip_space(s);
	if (out_name->n == 0 || s.n == 0 || *s.p != '=')
		return -1;
	s = skip_space(str_skip(s, 1));
	if (s.n == 0 || (*s.p != '"' && *s.p != '\''))
		return -1;
	const char *end = memchr(s.p + 1, *s.p, s.n - 1);
	if (!end)
		return -1;
	*out_value = str_n(s.p + 1, (size_t)(end - s.p - 1));
	s = str_skip(s, out_value->n + 2);
	if (s.n && !ascii_is_space((unsigned char)*s.p))
		return -1;
	*attributes = s;
	return 1;
}

/* ---- references ---------------------------------------------------------------------------------------------------------- */

/* "#65" or "#x41". */
static bool char_reference(struct str name, uint32_t *out)
{
	bool hex = name.n > 1 && name.p[1] == 'x';
	struct str digits = str_skip(name, hex ? 2 : 1);
	uint32_t code = 0;

	for (size_t i = 0; i < digits.n; i++) {
		unsigned char c = ascii_lower((unsigned char)digits.p[i]);
		bool digit = ascii_is_digit(c), letter = hex && (unsigned)c - 'a' < 6u;
		uint32_t v = digit ? (uint32_t)c - '0' : letter ? (uint32_t)c - 'a' + 10 : UINT32_MAX;
		if (v == UINT32_MAX || code > 0x10ffff)
			return false;
		code = code * (hex ? 16 : 10) + v;
	}
	if (digits.n == 0 || code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return false;
	*out = code;
	return true;
}

/* Between '&' and ';'. Writes what it stands for; 0 where it is not known. */
static size_t put_reference(struct str name, char out[4])
{
	static const struct { struct str name; char c; } known[] = {
		{{"lt", 2}, '<'}, {{"gt", 2}, '>'}, {{"amp", 3}, '&'}, {{"quot", 4}, '"'}, {{"apos", 4}, '\''},
	};
	uint32_t code;

	if (name.n && name.p[0] == '#')
		return char_reference(name, &code) ? utf8_encode(code, out) : 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_eq(name, known[i].name)) {
			*out = known[i].c;
			return 1;
		}
	return 0;
}

bool xml_text(struct str raw, struct arena *a, struct str *out)
{
	char *text;
	size_t n = 0;

	if (str_find_byte(raw, '&') < 0) {
		*out = raw;
		return true;
	}
	text = arena_bytes(a, raw.n);	/* a reference is never shorter than what it stands for */
	while (raw.n) {
		ptrdiff_t at = str_find_byte(raw, '&');
		size_t plain = at < 0 ? raw.n : (size_t)at;
		memcpy(text + n, raw.p, plain);
		n += plain;
		raw = str_skip(raw, plain);
		if (raw.n == 0)
			break;
		ptrdiff_t end = str_find_byte(str_head(raw, 12), ';');
		char bytes[4];
		size_t more = end < 0 ? 0 : put_reference(str_n(raw.p + 1, (size_t)end - 1), bytes);
		if (more == 0)
			return false;
		memcpy(text + n, bytes, more);
		n += more;
		raw = str_skip(raw, (size_t)end + 1);
	}
	*out = str_n(text, n);
	return true;
}
