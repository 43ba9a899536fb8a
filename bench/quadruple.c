/*
 * quadruple: four times the rules. Writes every rule file below the given folders four times: as it stands, and three copies
 * with new ids in which a quarter of the letters of each literal of the detection is another one, chosen by position
 * only, so that two runs give the same files.
 *
 *	quadruple OUT FOLDER...
 *
 * A rule is read as lines, which suffices for rules as people lay them out: what stands below "detection:" as
 * "- value" or "key: value" is a literal. Left as they are: conditions; keys; null and booleans; values of cidr, exists,
 * fieldref and expand; escapes and classes of regexes; double-quoted texts with escapes; and the values of Channel,
 * Provider_Name and the like, for a copy of another log would cost nothing.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/io.h"

#define FILE_MAX (4u << 20)
enum { COPIES = 4 };

struct state {
	const char *out;
	unsigned files;
};

/* Where in a file we are: inside detection, inside a condition (whose lines go on deeper), below which key. */
struct place {
	bool detection, keep, regex;
	size_t condition_indent;
	size_t key_indent;
};

static void fail(const char *what, const char *path)
{
	fprintf(stderr, "quadruple: %s: %s\n", path, what);
	exit(2);
}

static bool is_word(struct str s, const char *words)
{
	for (struct str rest = str_c(words); rest.p;)
		if (str_eq(str_cut(&rest, ' '), s))
			return true;
	return false;
}

static bool key_is_kept(struct str key)
{
	static const char fields[] = "Channel Provider_Name ProviderName SourceName EventLog source";
	struct str name = str_cut(&key, '|');

	if (is_word(name, fields))
		return true;
	while (key.p)
		if (is_word(str_cut(&key, '|'), "cidr exists fieldref expand"))
			return true;
	return false;
}

static bool key_is_regex(struct str key)
{
	while (key.p)
		if (str_eq(str_cut(&key, '|'), STR("re")))
			return true;
	return false;
}

static char other_letter(char c, unsigned copy)
{
	int base = isupper((unsigned char)c) ? 'A' : 'a';

	return (char)(base + (c - base + 3 + 5 * (int)copy) % 26);
}

/* Is the letter at i free to change? In a regex not behind a backslash, in [...] or in (?...). */
struct scan { int bracket, group; bool escape; };

static bool may_change(struct scan *s, struct str v, size_t i, bool regex)
{
	char c = v.p[i];
	bool escaped = s->escape;

	s->escape = c == '\\' && !escaped;
	if (regex && !escaped) {
		s->bracket += c == '[' && !s->bracket;
		s->bracket -= c == ']' && s->bracket;
		if (c == '?' && i && v.p[i - 1] == '(')
			s->group = 1;
		else if (c == ':' || c == ')' || c == '>')
			s->group = 0;
	}
	if (!isalpha((unsigned char)c) || (unsigned char)c >= 0x80)
		return false;
	return !(regex && escaped) && !s->bracket && !s->group;
}

static void put_literal(struct buf *out, struct str v, unsigned copy, bool regex)
{
	struct scan s = {0};
	unsigned phase = (unsigned)(hash64(v.p, v.n, copy) & 3), letters = 0;

	for (size_t i = 0; i < v.n; i++) {
		bool change = may_change(&s, v, i, regex) && (letters++ & 3) == phase;
		buf_byte(out, change ? other_letter(v.p[i], copy) : v.p[i]);
	}
}

/* A value with its quotes and a comment behind it: only what is inside changes. */
static void put_value(struct buf *out, struct str v, unsigned copy, const struct place *p)
{
	size_t end = v.n;

	bool escapes = v.n && v.p[0] == '"' && str_find_byte(v, '\\') >= 0;

	if (p->keep || escapes || is_word(str_trim(v), "null true false ~ | > |- >-") || !v.n) {
		buf_str(out, v);
		return;
	}
	if (v.p[0] == '\'' || v.p[0] == '"') {
		while (end > 1 && v.p[end - 1] != v.p[0])
			end--;
	} else {
		ptrdiff_t comment = str_find(v, STR(" #"));
		end = comment < 0 ? end : (size_t)comment;
	}
	put_literal(out, str_head(v, end), copy, p->regex);
	buf_str(out, str_skip(v, end));
}

static size_t key_end(struct str line)
{
	size_t i = 0;

	if (line.n && (line.p[0] == '\'' || line.p[0] == '"')) {
		for (i = 1; i < line.n && line.p[i] != line.p[0]; i++)
			;
		return i + 1 < line.n && line.p[i + 1] == ':' && (i + 2 == line.n || line.p[i + 2] == ' ') ? i + 1 : 0;
	}
	while (i < line.n && (isalnum((unsigned char)line.p[i]) || (line.p[i] && strchr("_|.-@/ ", line.p[i]))))
		i++;
	return i && i < line.n && line.p[i] == ':' && (i + 1 == line.n || line.p[i + 1] == ' ') ? i : 0;
}

/* "key: value" or "value" at `indent`, what stands before it already written. */
static void put_item(struct buf *out, struct str item, size_t indent, unsigned copy, struct place *p)
{
	size_t end = key_end(item);

	if (!end) {
		put_value(out, item, copy, p);
		return;
	}
	struct str key = str_head(item, end), value = str_skip(item, end + 1);
	p->keep = key_is_kept(key);
	p->regex = key_is_regex(key);
	p->key_indent = indent;
	if (str_eq(key, STR("condition")) || str_eq(key, STR("timeframe"))) {
		p->condition_indent = indent;
		buf_str(out, item);
		return;
	}
	size_t blank = 0;
	while (blank < value.n && value.p[blank] == ' ')
		blank++;
	buf_str(out, str_head(item, end + 1 + blank));
	put_value(out, str_skip(value, blank), copy, p);
}

static void put_detection_line(struct buf *out, struct str line, unsigned copy, struct place *p)
{
	size_t at = 0;

	while (at < line.n && line.p[at] == ' ')
		at++;
	if (at == line.n || line.p[at] == '#' || (p->condition_indent && at > p->condition_indent)) {
		buf_str(out, line);
		return;
	}
	p->condition_indent = 0;
	if (at < p->key_indent)
		p->keep = p->regex = false;
	while (at + 1 < line.n && line.p[at] == '-' && line.p[at + 1] == ' ') {
		at += 2;
		while (at < line.n && line.p[at] == ' ')
			at++;
	}
	buf_str(out, str_head(line, at));
	put_item(out, str_skip(line, at), at, copy, p);
}

/* The copy's id: the first eight digits of the UUID are new, its version and variant stay. */
static void put_id(struct buf *out, struct str line, unsigned copy)
{
	struct str id = str_trim(str_skip(line, 3));
	struct str quote = id.n && (id.p[0] == '\'' || id.p[0] == '"') ? str_head(id, 1) : STR_NONE;

	id = str_skip(id, quote.n);
	buf_printf(out, "id: %.*s%08x%.*s", STR_ARGS(quote), (unsigned)hash64(id.p, id.n, 77 + copy),
		   STR_ARGS(str_skip(id, 8)));
}

static void put_copy(struct buf *out, struct str text, unsigned copy)
{
	struct place p = {0};

	while (text.p && text.n) {
		struct str line = str_cut(&text, '\n');
		if (line.n && line.p[0] != ' ' && line.p[0] != '#' && line.p[0] != '-')
			p = (struct place){.detection = str_starts(line, STR("detection:"))};
		if (p.detection && !str_starts(line, STR("detection:")))
			put_detection_line(out, line, copy, &p);
		else if (str_starts(line, STR("id:")))
			put_id(out, line, copy);
		else
			buf_str(out, line);
		buf_byte(out, '\n');
	}
}

static int visit(void *user, const char *path)
{
	struct state *s = user;
	struct arena *a = arena_new(0);
	struct buf copy = {0};
	char name[4096];
	struct str text;

	if (!str_ends(str_c(path), STR(".yml")) && !str_ends(str_c(path), STR(".yaml")))
		goto out;
	if (io_read_file(path, FILE_MAX, a, &text) < 0)
		fail("cannot read", path);
	for (unsigned i = 0; i < COPIES; i++) {
		buf_clear(&copy);
		if (i)
			put_copy(&copy, text, i);
		else
			buf_str(&copy, text);
		snprintf(name, sizeof name, "%s/%u/%05u.yml", s->out, i, s->files);
		if (io_write_file(name, buf_get(&copy), false) < 0)
			fail("cannot write", name);
	}
	s->files++;
out:
	buf_free(&copy);
	arena_free(a);
	return 0;
}

int main(int argc, char **argv)
{
	struct state s = {.out = argc > 2 ? argv[1] : NULL};
	struct io_walk walk = {.visit = visit, .user = &s};
	char name[4096];

	if (argc < 3) {
		fputs("usage: quadruple OUT FOLDER...\n", stderr);
		return 2;
	}
	for (unsigned i = 0; i < COPIES; i++) {
		snprintf(name, sizeof name, "%s/%u", s.out, i);
		if (io_make_dirs(name, 0777) < 0)
			fail("cannot create", name);
	}
	for (int i = 2; i < argc; i++)
		if (io_walk(argv[i], &walk) < 0)
			fail("cannot read", argv[i]);
	printf("%u rule files, four times\n", s.files);
	return 0;
}
