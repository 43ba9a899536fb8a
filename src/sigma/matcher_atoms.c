#include "sigma/matcher_internal.h"

#include <assert.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Sixteen places at a time: those where the literal's first and last bytes stand are looked at. */
bool matcher_find(struct str text, struct str literal)
{
	size_t n = literal.n, at = 0;
	if (n == 0 || n > text.n)
		return n == 0;
#ifdef __SSE2__
	const __m128i first = _mm_set1_epi8(literal.p[0]), last = _mm_set1_epi8(literal.p[n - 1]);
	for (; at + n + 15 <= text.n; at += 16) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(text.p + at));
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(text.p + at + n - 1));
		__m128i both = _mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, last));
		for (unsigned bits = (unsigned)_mm_movemask_epi8(both); bits; bits &= bits - 1)
			if (memcmp(text.p + at + __builtin_ctz(bits), literal.p, n) == 0)
				return true;
	}
#endif
	for (; at + n <= text.n; at++)
		if (text.p[at] == literal.p[0] && memcmp(text.p + at, literal.p, n) == 0)
			return true;
	return false;
}

bool matcher_pattern(const struct sigma_program *p, uint32_t pattern, struct str text)
{
	const struct image_pattern *i = &p->patterns[pattern];
	struct str literal = image_text(p, i->text);
	switch ((enum pattern_form)i->form) {
	case PATTERN_EQUAL: return str_eq(text, literal);
	case PATTERN_CONTAINS: return matcher_find(text, literal);
	case PATTERN_STARTS: return str_starts(text, literal);
	case PATTERN_ENDS: return str_ends(text, literal);
	case PATTERN_GLOB: case PATTERN_FORMS: break;
	}
	return sigma_glob(p->part_objects + i->parts.at, i->parts.n, text);
}

static bool in_table(const struct sigma_program *p, struct span table, uint64_t hash, struct str text)
{
	for (uint32_t at = (uint32_t)hash;; at++) {
		const struct image_slot *s = &p->slots[table.at + (at & (table.n - 1))];
		if (!s->n)
			return false;
		if (s->hash == hash && matcher_pattern(p, s->at, text))
			return true;
	}
}

static bool string_matches(const struct sigma_program *p, const struct image_atom *a, struct str text)
{
	struct str name;
	if (a->table.n) {
		if (in_table(p, a->table, hash_equal(text, 0), text))
			return true;
		if ((name = image_last_component(text, '\\')).p && in_table(p, a->table, hash_base(name, 0), text))
			return true;
		if ((name = image_last_component(text, '/')).p && in_table(p, a->table, hash_path(name, 0), text))
			return true;
	}
	for (uint32_t i = 0; i < a->loose.n; i++)
		if (matcher_pattern(p, p->numbers[a->loose.at + i], text))
			return true;
	return false;
}

static bool regex_matches(struct sigma_matcher *m, uint32_t regex, struct str text)
{
	const struct regex *r = image_regex(m->p, regex);
	m->stats.regexes++;
	return r && regex_search(r, m->regex_cache, text);
}

/* One search for all of them; where that finds something, one for each. */
static void search_set(struct sigma_matcher *m, const struct image_regex_set *set, struct str text)
{
	if (!regex_matches(m, set->database, text))
		return;
	for (uint32_t i = 0; i < set->atoms.n; i++) {
		uint32_t atom = m->p->numbers[set->atoms.at + i];
		if (m->atom_state[atom] != (m->epoch << 1 | 1) && regex_matches(m, m->p->atoms[atom].extra, text))
			m->atom_state[atom] = m->epoch << 1 | 1;
	}
}

/* All regexes of the key at once; those not found are false from now on. */
static bool set_matches(struct sigma_matcher *m, const struct image_atom *a)
{
	const struct image_regex_set *set = &m->p->regex_sets[a->set];
	const struct key_list *k = matcher_key(m, set->key);
	uint32_t atom = (uint32_t)(a - m->p->atoms);
	if (m->set_epoch[a->set] != m->epoch) {
		m->set_epoch[a->set] = m->epoch;
		for (uint32_t s = k ? k->head : SLOT_NONE; s != SLOT_NONE; s = m->slots.at[s].next)
			if (!matcher_is_null(m, s))
				search_set(m, set, matcher_raw(m, s));
	}
	return m->atom_state[atom] == (m->epoch << 1 | 1);
}

/* One value, not null, of a STRING or REGEX atom. */
static bool value_matches(struct sigma_matcher *m, const struct image_atom *a, uint32_t slot)
{
	if (a->test == SIGMA_TEST_REGEX)
		return regex_matches(m, a->extra, matcher_raw(m, slot));
	bool cased = a->flags & ATOM_CASED;
	return string_matches(m->p, a, cased ? matcher_raw(m, slot) : matcher_folded(m, slot));
}

static bool keyword_matches(struct sigma_matcher *m, const struct image_atom *a)
{
	for (uint32_t i = 0; i < m->slots.n; i++)
		if (m->slots.at[i].keyword && !matcher_is_null(m, i) && value_matches(m, a, i))
			return true;
	return false;
}

static bool refers_to(struct sigma_matcher *m, const struct sigma_match *match, uint32_t slot, uint32_t other)
{
	struct str (*text)(struct sigma_matcher *, uint32_t) = match->cased ? matcher_raw : matcher_folded;
	/* Rendering one may move or clear what the other gave; in the last two calls both are there already. */
	(void)text(m, slot);
	(void)text(m, other);
	(void)text(m, slot);
	struct str b = text(m, other), a = text(m, slot);
	switch (match->anchor) {
	case SIGMA_WHOLE: return str_eq(a, b);
	case SIGMA_CONTAINS: return str_find(a, b) >= 0;
	case SIGMA_STARTS: return str_starts(a, b);
	case SIGMA_ENDS: break;
	}
	return str_ends(a, b);
}

static bool refers(struct sigma_matcher *m, const struct sigma_match *match, uint32_t slot)
{
	const struct key_list *others = matcher_key(m, match->other_key);
	for (uint32_t o = others ? others->head : SLOT_NONE; o != SLOT_NONE; o = m->slots.at[o].next)
		if (!matcher_is_null(m, o) && refers_to(m, match, slot, o))
			return true;
	return false;
}

static bool other_matches(struct sigma_matcher *m, const struct image_atom *a, uint32_t slot)
{
	const struct sigma_match *match = &m->p->match_objects[a->extra];
	switch (match->test) {
	case SIGMA_TEST_CIDR: return sigma_cidr_match(match, matcher_raw(m, slot));
	case SIGMA_TEST_COMPARE: return sigma_compare_match(match, m->slots.at[slot].field);
	case SIGMA_TEST_DATEPART: return sigma_datepart_match(match, matcher_raw(m, slot));
	case SIGMA_TEST_FIELDREF: return refers(m, match, slot);
	default: return false;
	}
}

static bool is_null(struct sigma_matcher *m, const struct key_list *k)
{
	for (uint32_t s = k ? k->head : SLOT_NONE; s != SLOT_NONE; s = m->slots.at[s].next)
		if (!matcher_is_null(m, s))
			return false;
	return true;
}

static bool evaluate(struct sigma_matcher *m, const struct image_atom *a)
{
	if (a->test == ATOM_SOURCE)
		return sigma_source_match(&m->p->source_objects[a->extra], m->e);
	if (a->flags & ATOM_KEYWORD)
		return keyword_matches(m, a);
	if (a->test == SIGMA_TEST_REGEX && a->set != IMAGE_NONE)
		return set_matches(m, a);
	const struct key_list *k = matcher_key(m, a->key);
	if (a->test == SIGMA_TEST_NULL)
		return is_null(m, k);
	if (a->test == SIGMA_TEST_EXISTS)
		return (k != NULL) == m->p->match_objects[a->extra].wanted;
	bool text = a->test == SIGMA_TEST_STRING || a->test == SIGMA_TEST_REGEX;
	for (uint32_t s = k ? k->head : SLOT_NONE; s != SLOT_NONE; s = m->slots.at[s].next)
		if (!matcher_is_null(m, s) && (text ? value_matches(m, a, s) : other_matches(m, a, s)))
			return true;
	return false;
}

bool matcher_atom(struct sigma_matcher *m, uint32_t atom)
{
	bool truth = evaluate(m, &m->p->atoms[atom]);
	m->stats.lazy++;
	m->atom_state[atom] = m->epoch << 1 | truth;
	return truth;
}
