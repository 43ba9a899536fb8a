/*
 * Contract fuzzer of the regex engine: flags in a byte, the pattern up to a NUL, then the text. Against a plain reading of
 * the tree: from a set of places in the text to the set of places where a node can end.
 */
#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "regex/parts.h"

enum { TEXT_MAX = 62, WORK_MAX = 200000 };

struct oracle {
	struct str text;
	const struct regex_parser *p;
	unsigned work;
};

static uint32_t code_at(const struct oracle *o, size_t at, size_t *size)
{
	return utf8_decode(o->text.p + at, o->text.n - at, size);
}

static bool is_word(const struct oracle *o, size_t at, bool before)
{
	if (before ? at == 0 : at == o->text.n)
		return false;
	unsigned char c = (unsigned char)o->text.p[before ? at - 1 : at];
	return ascii_is_digit(c) || (c | 32u) - 'a' < 26u || c == '_';
}

static bool asserted(const struct oracle *o, enum regex_assert kind, size_t at)
{
	size_t n = o->text.n;
	bool lf = at < n && o->text.p[at] == '\n', edge = is_word(o, at, true) != is_word(o, at, false);

	switch (kind) {
	case REGEX_TEXT_BEGIN: return at == 0;
	case REGEX_TEXT_END: return at == n;
	case REGEX_TEXT_END_LF: return at == n || (lf && at + 1 == n);
	case REGEX_LINE_BEGIN: return at == 0 || (o->text.p[at - 1] == '\n' && at < n);
	case REGEX_LINE_END: return at == n || lf;
	case REGEX_WORD_EDGE: return edge;
	case REGEX_NO_WORD_EDGE: return !edge;
	}
	return false;
}

static uint64_t ends(struct oracle *o, const struct regex_node *n, uint64_t from);

static uint64_t ends_of_set(struct oracle *o, const struct regex_node *n, uint64_t from)
{
	const struct regex_set *s = &o->p->sets.at[n->set];
	uint64_t to = 0;

	for (size_t at = 0; at < o->text.n; at++) {
		size_t size;
		if (!(from >> at & 1))
			continue;
		uint32_t code = code_at(o, at, &size);
		for (size_t i = 0; i < s->n; i++)
			if (code >= s->at[i].first && code <= s->at[i].last)
				to |= UINT64_C(1) << (at + size);
	}
	return to;
}

static uint64_t ends_of_repeat(struct oracle *o, const struct regex_node *n, uint64_t from)
{
	uint64_t now = from, all = n->min == 0 ? from : 0;

	for (uint32_t i = 1; i <= n->max && now && o->work < WORK_MAX; i++) {
		uint64_t next = ends(o, n->child, now);
		if (i >= n->min && !(next & ~all))
			return all;
		if (i >= n->min)
			all |= next;
		if (next == now && i < n->min)
			i = n->min - 1;		/* it will not change any more */
		now = next;
	}
	return all;
}

static uint64_t ends(struct oracle *o, const struct regex_node *n, uint64_t from)
{
	uint64_t to = 0;

	if (++o->work > WORK_MAX || !from)
		return 0;
	switch (n->kind) {
	case REGEX_EMPTY: return from;
	case REGEX_SET: return ends_of_set(o, n, from);
	case REGEX_REPEAT: return ends_of_repeat(o, n, from);
	case REGEX_CAT:
		for (const struct regex_node *c = n->child; c; c = c->next)
			from = ends(o, c, from);
		return from;
	case REGEX_ALT:
		for (const struct regex_node *c = n->child; c; c = c->next)
			to |= ends(o, c, from);
		return to;
	case REGEX_ASSERT:
		for (size_t at = 0; at <= o->text.n; at++)
			if ((from >> at & 1) && asserted(o, n->assert, at))
				to |= UINT64_C(1) << at;
		return to;
	}
	return 0;
}

/* Every place where a character begins, and the end. */
static uint64_t all_places(const struct oracle *o)
{
	uint64_t places = UINT64_C(1) << o->text.n;
	size_t size;

	for (size_t at = 0; at < o->text.n; at += size) {
		places |= UINT64_C(1) << at;
		code_at(o, at, &size);
	}
	return places;
}

static void compare(const struct regex *r, struct str pattern, struct regex_flags flags, struct str text)
{
	struct buf why = {0};
	struct regex_parser p = {.text = pattern, .flags = flags, .arena = arena_new(0), .why = &why};
	const struct regex_node *tree = regex_parse(&p);
	struct oracle o = {.text = text, .p = &p};
	struct regex_cache *cache = regex_cache_new();

	assert(tree);
	bool wanted = ends(&o, tree, all_places(&o)) != 0, got = regex_search(r, cache, text);
	assert(o.work > WORK_MAX || wanted == got);
	assert(regex_search(r, cache, text) == got);
	regex_cache_free(cache);
	vec_free(&p.sets);
	arena_free(p.arena);
	buf_free(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf block = {0}, why = {0};
	struct str rest, pattern;
	size_t at = 0;

	if (size < 2 || size > 300)
		return 0;
	struct regex_flags flags = {data[0] & 1, data[0] & 2, data[0] & 4};
	rest = str_n(data + 1, size - 1);
	pattern = str_cut(&rest, '\0');
	int rc = regex_compile(pattern, flags, &block, &why, &at);
	if (rc == 0) {
		assert(regex_is_sound(block.p, block.n));
		compare((const void *)block.p, pattern, flags, rest.p ? str_head(rest, TEXT_MAX) : STR(""));
	} else {
		assert(why.n > 0 && at <= pattern.n && block.n == 0);
	}
	buf_free(&block);
	buf_free(&why);
	return 0;
}
