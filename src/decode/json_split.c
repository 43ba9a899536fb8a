#include "decode/json.h"

#include <assert.h>
#include <string.h>

#include "decode/kinds.h"

enum {
	BETWEEN,	/* values */
	INSIDE,		/* an object, outside of text */
	TEXT,		/* in an object */
	TEXT_ESCAPE,
	LOOSE,		/* a top-level value that is no object: a number, a word, rubbish */
	LOOSE_TEXT,
	LOOSE_ESCAPE,
};

int json_envelope_head(struct str bytes)
{
	size_t blank = 0;
	int head;

	while (blank < bytes.n && blank < KINDS_ENVELOPE_MAX && bytes.p[blank] != '{' && json_is_between(bytes.p[blank]))
		blank++;
	if (blank == bytes.n)
		return blank < KINDS_ENVELOPE_MAX ? -1 : 0;
	head = kinds_envelope(str_skip(bytes, blank));
	return head > 0 ? head + (int)blank : head;
}

bool json_is_between(char c)
{
	switch (c) {
	case ' ': case '\t': case '\r': case '\n': case '\0': case ',': case '[': case ']': case '}':
	case '\xef': case '\xbb': case '\xbf':		/* a byte order mark */
		return true;
	default:
		return false;
	}
}

static bool in_array(const struct json_splitter *s)
{
	return s->depth > JSON_DEPTH_MAX || (s->arrays >> (s->depth - 1) & 1);
}

/* Does JSON allow '{' here, inside an object? Deeper than the stack of kinds nothing is known. */
static bool may_open(const struct json_splitter *s)
{
	if (s->depth > JSON_DEPTH_MAX)
		return true;
	switch (s->last) {
	case ':':
		return true;
	case '[': case ',':
		return in_array(s);
	default:
		return false;
	}
}

static void open_container(struct json_splitter *s, char c)
{
	if (s->depth < JSON_DEPTH_MAX) {
		s->arrays &= ~(UINT64_C(1) << s->depth);
		s->arrays |= (uint64_t)(c == '[') << s->depth;
	}
	s->depth++;
	s->last = (uint8_t)c;
}

static void begin_value(struct json_splitter *s, char c)
{
	s->depth = 0;
	if (c == '{') {
		s->mode = INSIDE;
		open_container(s, c);
	} else {
		s->mode = c == '"' ? LOOSE_TEXT : LOOSE;
	}
}

/* Bytes that matter inside an object. */
static const uint8_t structural[256] = {
	['"'] = 1, ['{'] = 1, ['['] = 1, ['}'] = 1, [']'] = 1, [':'] = 1, [','] = 1,
	[' '] = 2, ['\t'] = 2, ['\r'] = 2, ['\n'] = 2,
};

enum step { GO_ON, ENDS_BEHIND, ENDS_BEFORE };

static enum step step_inside(struct json_splitter *s, char c)
{
	switch (c) {
	case '"':
		s->mode = TEXT;
		s->last = '"';
		return GO_ON;
	case '{':
		if (!may_open(s))
			return ENDS_BEFORE;
		open_container(s, c);
		return GO_ON;
	case '[':
		open_container(s, c);
		return GO_ON;
	case '}': case ']':
		s->depth--;
		s->last = (uint8_t)c;
		return s->depth ? GO_ON : ENDS_BEHIND;
	default:
		s->last = (uint8_t)c;
		return GO_ON;
	}
}

static enum step step_loose(char c)
{
	return c == '\n' || c == ',' || c == '[' || c == ']' || c == '{' || c == '"' ? ENDS_BEFORE : GO_ON;
}

static enum step step_text(struct json_splitter *s, char c)
{
	bool loose = s->mode == LOOSE_TEXT;

	if (c == '\\') {
		s->mode = loose ? LOOSE_ESCAPE : TEXT_ESCAPE;
		return GO_ON;
	}
	if (c != '"' && c != '\n')
		return GO_ON;
	s->mode = INSIDE;
	return !loose ? GO_ON : c == '"' ? ENDS_BEHIND : ENDS_BEFORE;
}

static enum step step(struct json_splitter *s, char c)
{
	switch (s->mode) {
	case INSIDE:
		return structural[(unsigned char)c] == 2 ? GO_ON : step_inside(s, c);
	case TEXT: case LOOSE_TEXT:
		return step_text(s, c);
	case TEXT_ESCAPE: case LOOSE_ESCAPE:
		s->mode = s->mode == TEXT_ESCAPE ? TEXT : LOOSE_TEXT;
		return c == '\n' ? step_text(s, c) : GO_ON;
	default:
		return step_loose(c);
	}
}

/* Bytes from i on that change nothing, but for the last that may. */
static size_t skip_plain(struct json_splitter *s, struct str b, size_t i)
{
	if (s->mode == TEXT || s->mode == LOOSE_TEXT) {
		while (i < b.n && b.p[i] != '"' && b.p[i] != '\\' && b.p[i] != '\n')
			i++;
	} else if (s->mode == INSIDE && i < b.n && !structural[(unsigned char)b.p[i]]) {
		while (i < b.n && !structural[(unsigned char)b.p[i]])
			i++;
		s->last = '0';
	}
	return i;
}

/* Goes on with the value up to its end, or that of b; returns where it stopped. */
static size_t scan_value(struct json_splitter *s, struct str b, size_t i, bool *out_ended)
{
	for (;;) {
		enum step done;

		i = skip_plain(s, b, i);
		if (i == b.n)
			return i;
		done = step(s, b.p[i]);
		i += done != ENDS_BEFORE;
		if (done != GO_ON) {
			s->mode = BETWEEN;
			*out_ended = true;
			return i;
		}
	}
}

size_t json_value_size(struct str bytes, bool *out_whole)
{
	struct json_splitter s = {0};
	bool ended = false;
	size_t n;

	assert(bytes.n && !json_is_between(bytes.p[0]));
	begin_value(&s, bytes.p[0]);
	n = scan_value(&s, bytes, 1, &ended);
	*out_whole = ended;
	return n;
}

static size_t max_of(const struct json_splitter *s)
{
	return s->max ? s->max : DECODE_LINE_MAX;
}

static size_t cut(struct json_splitter *s, size_t n, bool too_long)
{
	s->too_long = too_long;
	s->first_record = s->values + 1;
	s->values += s->pending;
	s->pending = 0;
	s->scanned -= n;
	s->first = s->first > n ? s->first - n : 0;
	s->whole = 0;
	return n;
}

/* One step of the scan: white space up to a value, or a value up to its end or the maximum. */
static void scan_more(struct json_splitter *s, struct str bytes, bool *out_ended)
{
	if (s->mode == BETWEEN) {
		while (s->scanned < bytes.n && json_is_between(bytes.p[s->scanned]))
			s->scanned++;
		s->whole = s->first = s->scanned;
		if (s->scanned < bytes.n)
			begin_value(s, bytes.p[s->scanned++]);
		return;
	}
	if (!s->dropping)
		bytes = str_head(bytes, s->first + max_of(s) + 1);
	s->scanned = scan_value(s, bytes, s->scanned, out_ended);
}

/* The very beginning of the input: passes over the head of an envelope, which is cut with the value behind it. False: more
 * must be read. */
static bool begin_input(struct json_splitter *s, struct str bytes, bool end)
{
	int head = json_envelope_head(str_head(bytes, max_of(s)));

	if (head < 0 && !end && bytes.n < max_of(s))
		return false;
	s->begun = true;
	if (head > 0) {
		begin_value(s, '{');
		s->first = (size_t)head;
		s->scanned = s->first + 1;
	}
	return true;
}

size_t json_split(struct json_splitter *s, struct str bytes, bool end)
{
	bool too_long = false;

	if (!s->begun && !begin_input(s, bytes, end))
		return 0;
	while (s->scanned < bytes.n && !too_long) {
		bool ended = false;

		scan_more(s, bytes, &ended);
		if (ended && s->dropping) {
			s->dropping = false;
			s->pending++;
			if (s->scanned)
				return cut(s, s->scanned, true);
			cut(s, 0, false);	/* it ended before the first byte that is held */
		} else if (ended) {
			s->pending++;
			s->whole = s->scanned;
		}
		too_long = !s->dropping && s->mode != BETWEEN && s->scanned - s->first > max_of(s);
	}
	if (s->whole)
		return cut(s, s->whole, false);
	if (!s->scanned)
		return 0;
	if (too_long)
		s->dropping = true;
	if (s->dropping) {
		bool last = end && s->scanned == bytes.n;

		s->pending += last;
		s->dropping = !last;
		return cut(s, s->scanned, true);
	}
	if (!end)
		return 0;
	s->pending++;
	s->mode = BETWEEN;
	return cut(s, s->scanned, false);
}
