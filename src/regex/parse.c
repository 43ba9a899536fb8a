#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "regex/parts.h"

static struct regex_node *parse_alternatives(struct regex_parser *p);

static void fail(struct regex_parser *p, int error, size_t at, const char *why)
{
	if (p->error)
		return;
	p->error = error;
	p->error_at = at;
	buf_text(p->why, why);
}

static bool at_end(const struct regex_parser *p)
{
	return p->error || p->at >= p->text.n;
}

static char peek(const struct regex_parser *p)
{
	return at_end(p) ? '\0' : p->text.p[p->at];
}

static bool take(struct regex_parser *p, const char *literal)
{
	if (p->error || !str_starts(str_skip(p->text, p->at), str_c(literal)))
		return false;
	p->at += strlen(literal);
	return true;
}

static uint32_t take_code(struct regex_parser *p)
{
	size_t size;
	uint32_t code = utf8_decode(p->text.p + p->at, p->text.n - p->at, &size);

	p->at += size;
	return code;
}

static struct regex_node *node(struct regex_parser *p, enum regex_node_kind kind)
{
	struct regex_node *n = ARENA_NEW(p->arena, struct regex_node);

	n->kind = kind;
	return n;
}

/* ---- sets of code points ---- */

static void add_range(regex_ranges *r, uint32_t first, uint32_t last)
{
	*vec_add(r) = (struct regex_range){first, last};
}

static int by_first(const void *a, const void *b)
{
	struct regex_range x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x.first < y.first ? -1 : x.first > y.first;
}

/* Sorted, those that touch joined. */
static void tidy(regex_ranges *r)
{
	size_t n = 0;

	if (r->n > 1)
		qsort(r->at, r->n, sizeof *r->at, by_first);
	for (size_t i = 0; i < r->n; i++) {
		if (n && r->at[i].first <= r->at[n - 1].last + 1) {
			if (r->at[i].last > r->at[n - 1].last)
				r->at[n - 1].last = r->at[i].last;
		} else {
			r->at[n++] = r->at[i];
		}
	}
	r->n = n;
}

static void negate(regex_ranges *r)
{
	regex_ranges out = {0};
	uint32_t from = 0;

	tidy(r);
	for (size_t i = 0; i < r->n; i++) {
		if (r->at[i].first > from)
			add_range(&out, from, r->at[i].first - 1);
		from = r->at[i].last + 1;
	}
	if (from <= REGEX_CODE_MAX)
		add_range(&out, from, REGEX_CODE_MAX);
	vec_free(r);
	*r = out;
}

#define FOLDED_END 0x1F000u	/* no letter from here on has another case */

static void make_folds(struct regex_parser *p)
{
	regex_ranges pairs = {0};

	for (uint32_t c = 128; c < FOLDED_END; c++)
		if (unicode_fold(c) != c)
			add_range(&pairs, c, unicode_fold(c));
	p->folds = ARENA_ARRAY(p->arena, struct regex_range, pairs.n);
	memcpy(p->folds, pairs.at, pairs.n * sizeof *pairs.at);
	p->fold_count = pairs.n;
	vec_free(&pairs);
}

static bool ranges_have(const regex_ranges *r, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (code >= r->at[i].first && code <= r->at[i].last)
			return true;
	return false;
}

static void add_other_cases(struct regex_parser *p, regex_ranges *r)
{
	size_t n = r->n;
	bool wide = false;

	for (size_t i = 0; i < n; i++) {
		struct regex_range x = r->at[i];
		for (uint32_t c = x.first; c <= x.last && c < 128; c++) {
			if ((c | 32) - 'a' < 26u)
				add_range(r, c ^ 32, c ^ 32);
			if ((c | 32) == 'k')
				add_range(r, 0x212A, 0x212A);
			if ((c | 32) == 's')
				add_range(r, 0x17F, 0x17F);
		}
		wide |= x.last >= 128 && !(x.first <= 128 && x.last == REGEX_CODE_MAX);
	}
	if (wide && !p->folds)
		make_folds(p);
	for (size_t i = 0; wide && i < p->fold_count; i++) {
		struct regex_range fold = p->folds[i];
		if (ranges_have(r, n, fold.first))
			add_range(r, fold.last, fold.last);
		if (ranges_have(r, n, fold.last))
			add_range(r, fold.first, fold.first);
	}
}

/* One form that differs in case may lead to a third (U+01C4 U+01C5 U+01C6), so twice. */
static void fold_set(struct regex_parser *p, regex_ranges *r)
{
	add_other_cases(p, r);
	tidy(r);
	add_other_cases(p, r);
	tidy(r);
}

static void add_named(regex_ranges *r, char name)
{
	switch (ascii_lower((unsigned char)name)) {
	case 'd':
		add_range(r, '0', '9');
		break;
	case 's':
		add_range(r, '\t', '\r');
		add_range(r, ' ', ' ');
		break;
	default:
		add_range(r, '0', '9');
		add_range(r, 'A', 'Z');
		add_range(r, '_', '_');
		add_range(r, 'a', 'z');
	}
}

/* \d \w \s, and \D \W \S. */
static bool take_named(struct regex_parser *p, char name, regex_ranges *r)
{
	regex_ranges own = {0};

	if (!name || !strchr("dswDSW", name))
		return false;
	p->at++;
	add_named(&own, name);
	if (name < 'a')
		negate(&own);
	for (size_t i = 0; i < own.n; i++)
		add_range(r, own.at[i].first, own.at[i].last);
	vec_free(&own);
	return true;
}

static struct regex_node *set_node(struct regex_parser *p, regex_ranges *r)
{
	struct regex_node *n = node(p, REGEX_SET);
	struct regex_range *kept = ARENA_ARRAY(p->arena, struct regex_range, r->n + 1);

	tidy(r);
	if (r->n)
		memcpy(kept, r->at, r->n * sizeof *kept);
	n->set = (uint32_t)p->sets.n;
	*vec_add(&p->sets) = (struct regex_set){kept, r->n};
	vec_free(r);
	return n;
}

static struct regex_node *code_node(struct regex_parser *p, uint32_t code)
{
	regex_ranges r = {0};

	add_range(&r, code, code);
	if (p->flags.nocase)
		fold_set(p, &r);
	return set_node(p, &r);
}

/* ---- escapes ---- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Behind "\x": up to two digits, or any number in braces. */
static uint32_t take_hex(struct regex_parser *p)
{
	bool braces = take(p, "{");
	uint32_t code = 0;

	for (int i = 0; (braces || i < 2) && hex_digit(peek(p)) >= 0 && !at_end(p); i++) {
		code = code * 16 + (uint32_t)hex_digit(peek(p));
		p->at++;
		if (code > REGEX_CODE_MAX) {
			fail(p, ERR_FORMAT, p->at, "no such code point");
			return 0;
		}
	}
	if (braces && !take(p, "}"))
		fail(p, ERR_FORMAT, p->at, "\\x{ is not closed");
	return code;
}

static uint32_t take_octal(struct regex_parser *p)
{
	uint32_t code = 0;

	for (int i = 0; i < 3 && peek(p) >= '0' && peek(p) <= '7'; i++, p->at++)
		code = code * 8 + (uint32_t)(peek(p) - '0');
	return code;
}

/* The character that an escape stands for; p->at is behind the backslash. */
static uint32_t take_escaped(struct regex_parser *p, bool in_set)
{
	static const char letters[] = "tnrfvae", codes[] = "\t\n\r\f\v\a\033";
	char c = peek(p);
	const char *letter = c ? strchr(letters, c) : NULL;

	if (at_end(p)) {
		fail(p, ERR_FORMAT, p->at, "a backslash at the end");
		return 0;
	}
	if (letter) {
		p->at++;
		return (unsigned char)codes[letter - letters];
	}
	if (take(p, "x"))
		return take_hex(p);
	if (c == '0' || (in_set && c >= '1' && c <= '7'))
		return take_octal(p);
	if (in_set && take(p, "b"))
		return '\b';
	if (c >= '1' && c <= '9')
		fail(p, ERR_UNSUPPORTED, p->at - 1, "a back-reference cannot be matched in linear time");
	else if ((c | 32) >= 'a' && (c | 32) <= 'z')
		fail(p, ERR_UNSUPPORTED, p->at - 1, "this escape is not supported");
	return take_code(p);
}

static struct regex_node *assert_node(struct regex_parser *p, enum regex_assert kind)
{
	struct regex_node *n = node(p, REGEX_ASSERT);

	n->assert = kind;
	return n;
}

/* \Q...\E: all of it as it stands. */
static struct regex_node *parse_quoted(struct regex_parser *p)
{
	struct regex_node *all = node(p, REGEX_CAT), **last = &all->child;

	while (!at_end(p) && !take(p, "\\E")) {
		*last = code_node(p, take_code(p));
		last = &(*last)->next;
	}
	return all;
}

static struct regex_node *parse_escape(struct regex_parser *p)
{
	static const struct { char letter; enum regex_assert kind; } asserts[] = {
		{'b', REGEX_WORD_EDGE}, {'B', REGEX_NO_WORD_EDGE}, {'A', REGEX_TEXT_BEGIN}, {'z', REGEX_TEXT_END},
		{'Z', REGEX_TEXT_END_LF},
	};
	char c = peek(p);
	regex_ranges r = {0};

	for (size_t i = 0; i < sizeof asserts / sizeof *asserts; i++)
		if (!at_end(p) && c == asserts[i].letter) {
			p->at++;
			return assert_node(p, asserts[i].kind);
		}
	if (take(p, "Q"))
		return parse_quoted(p);
	if (take(p, "E"))
		return node(p, REGEX_EMPTY);
	if (take_named(p, c, &r))
		return set_node(p, &r);
	return code_node(p, take_escaped(p, false));
}

/* ---- [...] ---- */

static bool take_posix(struct regex_parser *p, regex_ranges *r)
{
	static const struct { const char *name; const char *ranges; } rows[] = {
		{"alpha:]", "AZaz"}, {"digit:]", "09"}, {"alnum:]", "09AZaz"}, {"upper:]", "AZ"}, {"lower:]", "az"},
		{"space:]", "\t\r  "}, {"blank:]", "\t\t  "}, {"punct:]", "!/:@[`{~"}, {"xdigit:]", "09AFaf"},
		{"word:]", "09AZ__az"}, {"cntrl:]", "\001\037\177\177"}, {"print:]", " ~"}, {"graph:]", "!~"},
	};
	size_t begin = p->at;
	regex_ranges own = {0};

	if (!take(p, "[:"))
		return false;
	bool no = take(p, "^");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!take(p, rows[i].name))
			continue;
		for (const char *c = rows[i].ranges; *c; c += 2)
			add_range(&own, (unsigned char)c[0], (unsigned char)c[1]);
		if (no)
			negate(&own);
		for (size_t k = 0; k < own.n; k++)
			add_range(r, own.at[k].first, own.at[k].last);
		vec_free(&own);
		return true;
	}
	p->at = begin;
	return false;
}

/* One member: a named class (true), or a character in *out. */
static bool take_member(struct regex_parser *p, regex_ranges *r, uint32_t *out)
{
	if (take_posix(p, r))
		return true;
	if (!take(p, "\\")) {
		*out = take_code(p);
		return false;
	}
	if (take_named(p, peek(p), r))
		return true;
	*out = take_escaped(p, true);
	return false;
}

static struct regex_node *parse_set(struct regex_parser *p)
{
	size_t begin = p->at - 1;
	bool no = take(p, "^");
	regex_ranges r = {0};
	uint32_t low, high;

	for (bool first = true; !at_end(p) && (first || peek(p) != ']'); first = false) {
		if (take_member(p, &r, &low))
			continue;
		high = low;
		if (peek(p) == '-' && p->at + 1 < p->text.n && p->text.p[p->at + 1] != ']') {
			size_t dash = p->at++;
			if (take_member(p, &r, &high)) {	/* [a-\d]: the dash is a member */
				add_range(&r, '-', '-');
				high = low;
			}
			if (high < low)
				fail(p, ERR_FORMAT, dash, "a range ends before it begins");
		}
		add_range(&r, low, high);
	}
	if (!take(p, "]"))
		fail(p, ERR_FORMAT, begin, "[ is not closed");
	if (p->flags.nocase)
		fold_set(p, &r);
	if (no)
		negate(&r);
	return set_node(p, &r);
}

/* ---- groups ---- */

/* Behind "(?": flags up to ')' or ':'. True where a group with contents follows. */
static bool take_flags(struct regex_parser *p)
{
	bool on = true;

	for (; !at_end(p); p->at++) {
		switch (peek(p)) {
		case 'i': p->flags.nocase = on; break;
		case 'm': p->flags.multiline = on; break;
		case 's': p->flags.dotall = on; break;
		case 'x': p->extended = on; break;
		case '-': on = false; break;
		case ':': p->at++; return true;
		case ')': return false;
		default: fail(p, ERR_UNSUPPORTED, p->at, "this kind of group is not supported"); return false;
		}
	}
	fail(p, ERR_FORMAT, p->at, "( is not closed");
	return false;
}

/* A name as in (?<name>...), up to '>' or '\''. */
static void skip_name(struct regex_parser *p, char end)
{
	while (!at_end(p) && peek(p) != end)
		p->at++;
	p->at += !at_end(p);
}

/* Behind '('. True where contents follow; else what stands there is all, up to its ')'. */
static bool take_group_kind(struct regex_parser *p)
{
	size_t begin = p->at;

	if (take(p, "*"))
		fail(p, ERR_UNSUPPORTED, begin, "verbs are not supported");
	if (!take(p, "?"))
		return true;
	if (take(p, "#")) {
		while (!at_end(p) && peek(p) != ')')
			p->at++;
		return false;
	}
	if (take(p, "=") || take(p, "!") || take(p, "<=") || take(p, "<!")) {
		fail(p, ERR_UNSUPPORTED, begin, "look-around cannot be matched in linear time");
		return false;
	}
	if (take(p, ">")) {
		fail(p, ERR_UNSUPPORTED, begin, "atomic groups are not supported");
		return false;
	}
	if (take(p, "P<") || take(p, "<"))
		skip_name(p, '>');
	else if (take(p, "'"))
		skip_name(p, '\'');
	else
		return take_flags(p);
	return true;
}

static struct regex_node *parse_group(struct regex_parser *p)
{
	size_t begin = p->at - 1;
	struct regex_flags flags = p->flags;
	bool extended = p->extended;
	struct regex_node *inner = node(p, REGEX_EMPTY);

	if (++p->depth > REGEX_DEPTH_MAX)
		fail(p, ERR_LIMIT, begin, "groups are nested too deep");
	bool contents = take_group_kind(p);
	if (contents) {
		inner = parse_alternatives(p);
		p->flags = flags;
		p->extended = extended;
	}
	if (!take(p, ")"))
		fail(p, ERR_FORMAT, begin, "( is not closed");
	p->depth--;
	return inner;
}

/* ---- the rest ---- */

static struct regex_node *parse_atom(struct regex_parser *p)
{
	regex_ranges r = {0};

	if (take(p, "("))
		return parse_group(p);
	if (take(p, "["))
		return parse_set(p);
	if (take(p, "\\"))
		return parse_escape(p);
	if (take(p, "^"))
		return assert_node(p, p->flags.multiline ? REGEX_LINE_BEGIN : REGEX_TEXT_BEGIN);
	if (take(p, "$"))
		return assert_node(p, p->flags.multiline ? REGEX_LINE_END : REGEX_TEXT_END_LF);
	if (take(p, ".")) {
		if (!p->flags.dotall)
			add_range(&r, '\n', '\n');
		negate(&r);
		return set_node(p, &r);
	}
	if (strchr("*+?", peek(p)))
		fail(p, ERR_FORMAT, p->at, "nothing to repeat");
	return code_node(p, take_code(p));
}

static bool take_number(struct regex_parser *p, uint32_t *out)
{
	uint32_t n = 0;
	size_t begin = p->at;

	while (!at_end(p) && ascii_is_digit((unsigned char)peek(p)) && n <= REGEX_REPEAT_MAX)
		n = n * 10 + (uint32_t)(p->text.p[p->at++] - '0');
	*out = n;
	return p->at > begin;
}

/* {n} {n,} {n,m}; anything else is a literal brace. */
static bool take_braces(struct regex_parser *p, uint32_t *min, uint32_t *max)
{
	size_t begin = p->at;

	if (!take(p, "{"))
		return false;
	if (take_number(p, min)) {
		*max = *min;
		if (take(p, ",") && !take_number(p, max))
			*max = UINT32_MAX;
		if (take(p, "}")) {
			if (*min > REGEX_REPEAT_MAX || (*max != UINT32_MAX && *max > REGEX_REPEAT_MAX))
				fail(p, ERR_LIMIT, begin, "repeated too often (at most 1000 times)");
			else if (*max < *min)
				fail(p, ERR_FORMAT, begin, "a repeat ends before it begins");
			return true;
		}
		if (*min > REGEX_REPEAT_MAX)
			fail(p, ERR_LIMIT, begin, "repeated too often (at most 1000 times)");
	}
	p->at = begin;
	return false;
}

static bool take_quantifier(struct regex_parser *p, uint32_t *min, uint32_t *max)
{
	*min = 0;
	*max = UINT32_MAX;
	if (take(p, "*"))
		return true;
	if (take(p, "?")) {
		*max = 1;
		return true;
	}
	*min = 1;
	return take(p, "+") || take_braces(p, min, max);
}

static void skip_extended(struct regex_parser *p)
{
	while (p->extended && !at_end(p)) {
		if (peek(p) == '#')
			while (!at_end(p) && peek(p) != '\n')
				p->at++;
		else if (ascii_is_space((unsigned char)peek(p)))
			p->at++;
		else
			return;
	}
}

static struct regex_node *parse_repeat(struct regex_parser *p)
{
	struct regex_node *n = parse_atom(p), *outer;
	uint32_t min, max;

	skip_extended(p);
	for (unsigned times = 0; take_quantifier(p, &min, &max); times++) {
		if (times == 8)
			fail(p, ERR_LIMIT, p->at, "too many repeats of a repeat");
		if (peek(p) == '+')
			fail(p, ERR_UNSUPPORTED, p->at, "possessive repeats are not supported");
		take(p, "?");	/* lazy: it is the same question */
		outer = node(p, REGEX_REPEAT);
		outer->min = min;
		outer->max = max;
		outer->child = n;
		n = outer;
		skip_extended(p);
	}
	return n;
}

static struct regex_node *parse_sequence(struct regex_parser *p)
{
	struct regex_node *all = node(p, REGEX_CAT), **last = &all->child;

	for (;;) {
		skip_extended(p);
		if (at_end(p) || peek(p) == '|' || peek(p) == ')')
			return all;
		*last = parse_repeat(p);
		last = &(*last)->next;
	}
}

static struct regex_node *parse_alternatives(struct regex_parser *p)
{
	struct regex_node *all = node(p, REGEX_ALT), **last = &all->child;

	do {
		*last = parse_sequence(p);
		last = &(*last)->next;
	} while (take(p, "|"));
	return all;
}

struct regex_node *regex_parse(struct regex_parser *p)
{
	struct regex_node *all = parse_alternatives(p);

	if (!at_end(p))
		fail(p, ERR_FORMAT, p->at, ") without (");
	return p->error ? NULL : all;
}
