#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "pairs/parts.h"

/*
 * The loop runs over every byte of a firewall's log, so: a name is first compared with the one that followed its
 * predecessor last time, and only looked up where it is another; values are sought 16 bytes at a time.
 */

struct scan {
	struct pairs *p;
	const char *at, *end;
	struct event *e;
	const char *quoted;		/* where the last quoted value begins */
	char parting;			/* ' ' or ',' */
	struct pairs_result r;
};

static void trouble(struct scan *s, const char *what)
{
	s->r.result = DECODE_PARTIAL;
	s->r.trouble = what;
}

/* The first of two bytes, or `end`. */
static inline const char *find_either(const char *p, const char *end, char a, char b)
{
#ifdef __SSE2__
	const __m128i va = _mm_set1_epi8(a), vb = _mm_set1_epi8(b);
	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		int hit = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, va), _mm_cmpeq_epi8(v, vb)));
		if (hit)
			return p + __builtin_ctz((unsigned)hit);
	}
#endif
	while (p < end && *p != a && *p != b)
		p++;
	return p;
}

/* Does the line go on at p with this entry's name and '='? */
static inline bool goes_on_with(const char *p, const char *end, const struct entry *en)
{
	size_t n = en->size;
	if ((size_t)(end - p) < n)
		return false;
#ifdef __SSE2__
	if (n <= 16 && end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i t = _mm_loadu_si128((const __m128i *)(const void *)en->text);
		unsigned same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, t)), all = (1u << n) - 1;
		return (same & all) == all;
	}
#endif
	return memcmp(p, en->text, n) == 0;
}

/* The index of a name that the dictionary knows already and that is short, or 0. */
static inline uint32_t find_short(const struct scan *s, const struct dict *d)
{
#ifdef __SSE2__
	if (s->end - s->at < 16)
		return 0;
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)s->at);
	unsigned equals = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('=')));
	unsigned n = equals ? (unsigned)__builtin_ctz(equals) : 0;
	uint32_t at = n ? dict_hash_short(s->at, n) : 0;
	for (; n && d->slots[at]; at = (at + 1) % ENTRY_SLOTS)
		if (d->entries.at[d->slots[at]].size == n + 1 && goes_on_with(s->at, s->end, &d->entries.at[d->slots[at]]))
			return d->slots[at];
#else
	(void)s;
	(void)d;
#endif
	return 0;
}

/* Any name: as an index, 0 with *out set for one that the dictionary does not take, and with NULL where no name is. */
static uint32_t find_name(struct scan *s, struct dict *d, const struct entry **out)
{
	size_t n = pairs_name_size(s->at, s->end);
	*out = n ? dict_find(s->p, d, (struct str){s->at, n}, s->e->names) : NULL;
	s->at += n ? n + 1 : 0;
	return n && *out != &s->p->spare ? (uint32_t)(*out - d->entries.at) : 0;
}

/* The name at s->at, which is then behind the '='. What followed `before` the last two times is tried first. */
static inline uint32_t take_name(struct scan *s, struct dict *d, uint32_t before, const struct entry **out)
{
	const struct entry *entries = d->entries.at;
	uint32_t next = entries[before].next;
	if (__builtin_expect(!goes_on_with(s->at, s->end, &entries[next]), 0)) {
		next = entries[before].other;
		if (!goes_on_with(s->at, s->end, &entries[next])) {
			next = find_short(s, d);
			if (!next)
				return find_name(s, d, out);
		}
		struct entry *b = &d->entries.at[before];
		b->other = b->next;
		b->next = next;
	}
	*out = &entries[next];
	s->at += entries[next].size;
	return next;
}

/* Is the quote at q the first of a next pair's value: ` name="`? */
static bool opens_value(const struct scan *s, const char *from, const char *q)
{
	const char *n = q - 1;
	if (q - from < 3 || *n != '=')
		return false;
	while (n > from && pairs_is_key_byte((unsigned char)n[-1]))
		n--;
	return n < q - 1 && n > from && (n[-1] == ' ' || n[-1] == s->parting);
}

static bool is_parted(const struct scan *s, const char *p)
{
	return p == s->end || *p == s->parting || *p == ' ';
}

/* A value whose quote is never closed, as far as one can tell: up to the next " key=". */
static struct str take_unclosed(struct scan *s, const char *from)
{
	const char *to = pairs_before_next(from, s->end, s->parting);
	s->at = to;
	if (to > from && to[-1] == '"')
		to--;		/* the text ends with a backslash: "C:\temp\" */
	else
		trouble(s, "a quote that is not closed");
	return (struct str){from, (size_t)(to - from)};
}

/* The quote that closes a value begun at `from`, sought from q on; NULL where none does. */
static inline const char *find_closing(const struct scan *s, const char *from, const char *q, bool *out_escaped)
{
	for (;; q++) {
		q = find_either(q, s->end, '"', '\\');
		if (__builtin_expect(q == s->end, 0))
			return NULL;
		if (*q == '\\') {
			bool quote = q + 1 < s->end && q[1] == '"';
			*out_escaped |= quote;
			q += quote;
		} else if (__builtin_expect(is_parted(s, q + 1), 1)) {
			return q;
		} else if (opens_value(s, from, q)) {
			return NULL;
		}
	}
}

/* Behind the opening quote. */
static struct str take_quoted(struct scan *s, bool *out_escaped)
{
	const char *from = s->at, *q = find_closing(s, from, from, out_escaped);
	if (__builtin_expect(!q, 0))
		return take_unclosed(s, from);
	s->at = q + 1;
	s->quoted = from;
	return (struct str){from, (size_t)(q - from)};
}

/* Without the backslashes before quotes. */
static struct str unquote(struct str v, struct arena *arena)
{
	char *out = arena_bytes(arena, v.n);
	size_t n = 0;
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] != '\\' || i + 1 == v.n || v.p[i + 1] != '"')
			out[n++] = v.p[i];
	arena_trim(arena, out, v.n, n);
	return (struct str){out, n};
}

static bool is_absent(struct str v)
{
	return v.n == 3 && memcmp(v.p, "N/A", 3) == 0;
}

/* A decimal number as JSON writes it, of less than 16 digits. */
static inline bool is_number(struct str v, const char *end)
{
	if (v.n == 0 || v.n >= 16 || (v.p[0] == '0' && v.n > 1))
		return false;
#ifdef __SSE2__
	if (end - v.p >= 16) {
		__m128i x = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)v.p), _mm_set1_epi8('0'));
		__m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(9)), x);
		unsigned all = (1u << v.n) - 1;
		return ((unsigned)_mm_movemask_epi8(digit) & all) == all;
	}
#endif
	(void)end;
	return pairs_is_number(v);
}

/* One value to a field; false where the event is full. */
static inline bool take_value(struct scan *s, const struct entry *en)
{
	bool bare = s->at == s->end || *s->at != '"', escaped = false;
	struct str v;
	s->quoted = NULL;
	if (bare) {
		const char *to = find_either(s->at, s->end, s->parting, s->parting);
		v = (struct str){s->at, (size_t)(to - s->at)};
		s->at = to;
	} else {
		s->at++;
		v = take_quoted(s, &escaped);
	}
	if (is_absent(v))
		return true;
	if (__builtin_expect(escaped, 0))
		v = unquote(v, s->e->arena);
	s->p->seen[en->role] = v;
	return pairs_put(s->e, en, v, bare && !en->is_id && is_number(v, s->end));
}

static void skip_parting(struct scan *s)
{
	while (s->at < s->end && (*s->at == s->parting || *s->at == ' ' || *s->at == '\t'))
		s->at++;
}

/* msg="a "b" c": where no name stands behind a closing quote, it was none, if there is one further on. */
static bool extend_quoted(struct scan *s)
{
	struct event *e = s->e;
	bool escaped = false;
	if (!s->quoted || e->field_count == 0 || e->fields[e->field_count - 1].data != s->quoted)
		return false;
	const char *q = find_closing(s, s->quoted, s->at, &escaped);
	if (!q || escaped)
		return false;
	e->fields[e->field_count - 1].size = (uint32_t)(q - s->quoted);
	s->at = q + 1;
	return true;
}

/* The text up to the next name is nobody's value. */
static void skip_rubbish(struct scan *s)
{
	if (extend_quoted(s))
		return;
	trouble(s, "text that is no key=value");
	s->at = pairs_before_next(s->at, s->end, s->parting);
}

static void take_pairs(struct scan *s, struct dict *d)
{
	uint32_t before = 0;
	for (skip_parting(s); s->at < s->end; skip_parting(s)) {
		const struct entry *en;
		uint32_t name = take_name(s, d, before, &en);
		if (__builtin_expect(!en, 0)) {
			skip_rubbish(s);
			continue;
		}
		before = name;
		if (__builtin_expect(!take_value(s, en), 0)) {
			trouble(s, "too many fields");
			s->r.full = true;
			return;
		}
	}
}

/* Which of blank and comma parts the pairs: what stands behind the first value. */
static char find_parting(struct str line)
{
	const char *end = line.p + line.n, *p = line.p + pairs_name_size(line.p, end) + 1;
	if (p < end && *p == '"') {
		p = find_either(p + 1, end, '"', '"');
		p += p < end;
	} else {
		p = find_either(p, end, ' ', ',');
	}
	return p < end && *p == ',' ? ',' : ' ';
}

struct pairs_result fortinet_decode(struct pairs *p, struct str line, const struct pairs_clock *clock, struct event *e)
{
	struct scan s = {.p = p, .at = line.p, .end = line.p + line.n, .e = e, .parting = find_parting(line),
			 .r = {.result = DECODE_MATCH}};
	dict_begin(&p->fortinet, e->names);
	memset(p->seen, 0, sizeof p->seen);
	take_pairs(&s, &p->fortinet);
	if (!fortinet_finish(p, clock, e)) {
		trouble(&s, "too many fields");
		s.r.full = true;
	}
	return s.r;
}
