/*
 * Which parts of a value may be an indicator. A value is folded into a buffer in one pass, which also sees whether it holds a
 * dot, a colon or a long run of hex digits; most values hold none and are done. A dot leads to what ends in a label: the set
 * knows all last labels of its names, URLs and files (tails), so that a dot in front of any other is done too.
 */
#include "intel/scan.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "event/value.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* --- looking up --- */

void scan_look(struct intel_matcher *m, enum intel_type type, const char *key, size_t n, bool whole)
{
	uint32_t head;

	if (m->naive) {
		naive_look(m, type, key, n, whole);
		return;
	}
	head = intel_find(m->set, type, 0, key, n);
	if (head != NONE)
		hits_add(m, head, whole);
}

static bool has_length(const struct intel *set, size_t n, unsigned bits)
{
	return n == 4 ? set->v4_lengths >> bits & 1 : set->v6_lengths[bits / 64] >> bits % 64 & 1;
}

static bool is_mapped(const uint8_t *b)
{
	static const uint8_t head[12] = {[10] = 0xFF, [11] = 0xFF};

	return memcmp(b, head, 12) == 0;
}

/* Each network that holds the address, the smallest first. */
void scan_look_address(struct intel_matcher *m, const uint8_t *bytes, size_t n)
{
	enum intel_type type = n == 4 ? INTEL_IPV4 : INTEL_IPV6;
	uint8_t masked[16];

	if (m->naive) {
		naive_look_address(m, bytes, n);
		return;
	}
	memcpy(masked, bytes, n);
	for (unsigned bits = 8 * (unsigned)n;; bits--) {
		uint32_t head;

		if (bits < 8 * n)
			masked[bits / 8] &= (uint8_t)(0xFF00u >> bits % 8);
		if (has_length(m->set, n, bits)) {
			head = intel_find(m->set, type, (uint8_t)bits, (const char *)masked, n);
			if (head != NONE)
				hits_add(m, head, true);
		}
		if (!bits)
			break;
	}
	if (n == 16 && is_mapped(bytes) && m->set->has_v4)
		scan_look_address(m, bytes + 12, 4);
}

/* --- folding --- */

#ifdef __SSE2__
struct seen { __m128i marks; int hex; };

static inline __m128i lower(__m128i v)
{
	__m128i upper = _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('A' - 1)), _mm_cmplt_epi8(v, _mm_set1_epi8('Z' + 1)));

	return _mm_or_si128(v, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
}

static inline __m128i at_most(__m128i v, char from, char count)
{
	__m128i d = _mm_sub_epi8(v, _mm_set1_epi8(from));

	return _mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(count)), d);
}

/* 16 folded bytes: a run of 32 hex digits fills at least one such piece. */
static inline void see(struct seen *s, __m128i v)
{
	__m128i marks = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('.')), _mm_cmpeq_epi8(v, _mm_set1_epi8(':')));
	__m128i hex = _mm_or_si128(at_most(v, '0', 9), at_most(v, 'a', 5));

	s->marks = _mm_or_si128(s->marks, marks);
	s->hex |= _mm_movemask_epi8(hex) == 0xFFFF;
}

static inline __m128i load(const void *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

/* --- a first look, without a copy --- */

static inline __m128i marks_in(__m128i v)
{
	return _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('.')), _mm_cmpeq_epi8(v, _mm_set1_epi8(':')));
}

static inline bool is_all_hex(__m128i v)
{
	__m128i small = _mm_or_si128(v, _mm_set1_epi8(0x20));

	return _mm_movemask_epi8(_mm_or_si128(at_most(v, '0', 9), at_most(small, 'a', 5))) == 0xFFFF;
}

/* 16 units as bytes; a unit that is no ASCII gives 0 or a byte from 0x80 on and sets a bit in *beyond. */
static inline __m128i narrow(const uint8_t *p, __m128i *beyond)
{
	__m128i a = load(p), b = load(p + 16);

	*beyond = _mm_or_si128(*beyond, _mm_or_si128(a, b));
	return _mm_packus_epi16(a, b);
}

/* Does the value hold a dot, a colon, 16 hex digits at a multiple of 16, or anything but ASCII? */
static bool peek_utf16(const uint8_t *p, size_t units)
{
	__m128i marks = _mm_setzero_si128(), beyond = marks, v;
	bool hex = false;
	uint8_t rest[32];
	size_t i = 0;

	for (; i + 16 <= units; i += 16) {
		v = narrow(p + 2 * i, &beyond);
		marks = _mm_or_si128(marks, marks_in(v));
		hex |= units >= 32 && is_all_hex(v);
	}
	if (i < units && units >= 16) {
		/* The end once more, as a whole piece. */
		v = narrow(p + 2 * (units - 16), &beyond);
		marks = _mm_or_si128(marks, marks_in(v));
	} else if (i < units) {
		memset(rest, 0, sizeof rest);
		memcpy(rest, p, 2 * units);
		v = narrow(rest, &beyond);
		marks = _mm_or_si128(marks, marks_in(v));
	}
	beyond = _mm_and_si128(beyond, _mm_set1_epi16((short)0xFF80));
	return hex || _mm_movemask_epi8(marks) || _mm_movemask_epi8(_mm_cmpeq_epi8(beyond, _mm_setzero_si128())) != 0xFFFF;
}

static bool peek_text(const char *p, size_t n)
{
	__m128i marks = _mm_setzero_si128(), all = marks, v;
	bool hex = false;
	char rest[16];
	size_t i = 0;

	for (; i + 16 <= n; i += 16) {
		v = load(p + i);
		all = _mm_or_si128(all, v);
		marks = _mm_or_si128(marks, marks_in(v));
		hex |= n >= 32 && is_all_hex(v);
	}
	if (i < n) {
		memset(rest, 0, sizeof rest);
		memcpy(rest, p + i, n - i);
		v = load(rest);
		all = _mm_or_si128(all, v);
		marks = _mm_or_si128(marks, marks_in(v));
	}
	return hex || _mm_movemask_epi8(marks) || _mm_movemask_epi8(all);
}

static bool peek(const struct field *f)
{
	return f->kind == VALUE_UTF16 ? peek_utf16(f->data, f->size / 2) : peek_text(f->data, f->size);
}

/* UTF-16 that is all ASCII; false at the first other unit. out has room for 16 bytes more. */
static bool fold_utf16(const uint8_t *p, size_t units, char *out, struct seen *s)
{
	const __m128i high = _mm_set1_epi16((short)0xFF80);
	size_t i = 0;

	for (; i + 16 <= units; i += 16) {
		__m128i a = load(p + 2 * i), b = load(p + 2 * i + 16), v;
		__m128i beyond = _mm_and_si128(_mm_or_si128(a, b), high);

		if (_mm_movemask_epi8(_mm_cmpeq_epi8(beyond, _mm_setzero_si128())) != 0xFFFF)
			return false;
		v = lower(_mm_packus_epi16(a, b));
		_mm_storeu_si128((__m128i *)(out + i), v);
		see(s, v);
	}
	if (i < units) {
		uint8_t rest[32] = {0};
		__m128i a, b, v;

		memcpy(rest, p + 2 * i, 2 * (units - i));
		a = load(rest);
		b = load(rest + 16);
		if (_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_and_si128(_mm_or_si128(a, b), high), _mm_setzero_si128())) != 0xFFFF)
			return false;
		v = lower(_mm_packus_epi16(a, b));
		_mm_storeu_si128((__m128i *)(out + i), v);
		see(s, v);
	}
	return true;
}

static bool fold_text(const char *p, size_t n, char *out, struct seen *s)
{
	for (size_t i = 0; i < n; i += 16) {
		char rest[16] = {0};
		__m128i v;

		if (i + 16 <= n) {
			v = load(p + i);
		} else {
			memcpy(rest, p + i, n - i);
			v = load(rest);
		}
		if (_mm_movemask_epi8(v))
			return false;
		v = lower(v);
		_mm_storeu_si128((__m128i *)(out + i), v);
		see(s, v);
	}
	return true;
}

static bool fold_ascii(const struct field *f, char *out, size_t *out_n, bool *out_marks, bool *out_hex)
{
	struct seen s = {_mm_setzero_si128(), 0};
	bool done;

	if (f->kind == VALUE_UTF16) {
		*out_n = f->size / 2;
		done = fold_utf16(f->data, *out_n, out, &s);
	} else {
		*out_n = f->size;
		done = fold_text(f->data, *out_n, out, &s);
	}
	*out_marks = _mm_movemask_epi8(s.marks) != 0;
	*out_hex = s.hex;
	return done;
}
#else
static bool peek(const struct field *f)
{
	(void)f;
	return true;
}

static bool fold_ascii(const struct field *f, char *out, size_t *out_n, bool *out_marks, bool *out_hex)
{
	(void)f;
	(void)out;
	(void)out_n;
	(void)out_marks;
	(void)out_hex;
	return false;
}
#endif

size_t scan_fold(struct intel_matcher *m, const struct field *f, bool *out_marks, bool *out_hex)
{
	size_t n;

	buf_clear(&m->text);
	buf_reserve(&m->text, (size_t)f->size + SCAN_PAD);
	if (!m->naive && fold_ascii(f, m->text.p, &n, out_marks, out_hex)) {
		memset(m->text.p + n, 0, SCAN_PAD / 2);
		return n;
	}
	buf_reserve(&m->text, 3 * value_text_max(f) + SCAN_PAD);
	n = value_render_folded(f, m->text.p);
	memset(m->text.p + n, 0, SCAN_PAD);
	*out_marks = true;
	*out_hex = n >= 32;
	return n;
}

/* --- addresses, hosts, URLs --- */

static inline bool is_label(char c)
{
	return intel_label_chars[(unsigned char)c];
}

static inline bool is_digit(char c)
{
	return ascii_is_digit((unsigned char)c);
}

/* A letter, '_' or a byte beyond ASCII: what may not stand beside an address. */
static bool is_wordy(char c)
{
	return is_label(c) && !is_digit(c) && c != '-';
}

static bool is_url_char(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && !strchr("\"'`<>|^{}\\", c);
}

static bool follows_scheme(const char *t, size_t at)
{
	size_t low = at > 256 ? at - 256 : 0;

	if (at && t[at - 1] == '@') {
		while (at > low && is_url_char(t[at - 1]) && t[at - 1] != '/')
			at--;
	}
	return at >= 3 && memcmp(t + at - 3, "://", 3) == 0;
}

static void look_url(struct intel_matcher *m, char *key, size_t host_n, size_t n)
{
	size_t trimmed = n;
	const char *query;

	scan_look(m, INTEL_URL, key, n, true);
	while (trimmed > host_n + 1 && strchr(".,;:!?)]", key[trimmed - 1]))
		trimmed--;
	if (trimmed != n)
		scan_look(m, INTEL_URL, key, trimmed, true);
	query = memchr(key + host_n, '?', trimmed - host_n);
	if (query)
		scan_look(m, INTEL_URL, key, (size_t)(query - key), false);
}

/* A host at [from, to) of the text: the URL that it begins, with or without a scheme. */
static void at_url(struct intel_matcher *m, const char *t, size_t from, size_t to)
{
	char key[INTEL_VALUE_MAX + 8];
	size_t at = to, n = to - from, end, port_n = 0;

	if (n > 256)
		return;
	memcpy(key, t + from, n);
	while (t[at] == ':' && port_n < 5 && is_digit(t[at + 1 + port_n]))
		port_n++;
	if (port_n) {
		struct str port = str_n(t + at + 1, port_n);

		if (!str_eq(port, STR("80")) && !str_eq(port, STR("443"))) {
			memcpy(key + n, t + at, 1 + port_n);
			n += 1 + port_n;
		}
		at += 1 + port_n;
	}
	if (t[at] != '/' && t[at] != '?' && !follows_scheme(t, from))
		return;
	to = n;
	if (t[at] != '/')
		key[n++] = '/';
	for (end = at; is_url_char(t[end]) && t[end] != '#' && n < INTEL_VALUE_MAX; end++) {
		if (end == at && t[end] != '/' && t[end] != '?')
			break;
		key[n++] = t[end];
	}
	look_url(m, key, to, n);
}

/* The dot at `i` stands between digits. Only an address's last dot leads on. */
static void at_v4(struct intel_matcher *m, const char *t, size_t i)
{
	uint8_t bytes[4];
	size_t from = i, to = i + 1;

	while (is_digit(t[to]))
		to++;
	if (is_wordy(t[to]) || (t[to] == '.' && is_label(t[to + 1])))
		return;
	while (from && i - from < 12 && (is_digit(t[from - 1]) || t[from - 1] == '.'))
		from--;
	if ((from && is_wordy(t[from - 1])) || !intel_parse_v4(str_n(t + from, to - from), bytes))
		return;
	if (m->naive || m->set->has_v4)
		scan_look_address(m, bytes, 4);
	if (m->naive || m->set->has_url_address)
		at_url(m, t, from, to);
}

static void at_email(struct intel_matcher *m, const char *t, size_t host, size_t end)
{
	size_t from = host - 1, low = host > 256 ? host - 256 : 0;

	while (from > low && (is_label(t[from - 1]) || strchr(".%+", t[from - 1])) && t[from - 1])
		from--;
	if (from < host - 1)
		scan_look(m, INTEL_EMAIL, t + from, end - from, true);
}

/* A host's last label ends at `end`; its last dot is at `dot`. */
static void at_host(struct intel_matcher *m, const char *t, size_t dot, size_t end, unsigned kinds)
{
	size_t from = dot, low = end > 254 ? end - 254 : 0;

	while (from > low && (is_label(t[from - 1]) || t[from - 1] == '.'))
		from--;
	while (t[from] == '.' || t[from] == '-')
		from++;
	if (from > dot)
		return;
	for (size_t at = from; kinds & TAIL_HOST && at < dot; at++) {
		if (at == from || t[at - 1] == '.')
			scan_look(m, INTEL_DOMAIN, t + at, end - at, at == from);
	}
	if (kinds & TAIL_EMAIL && from && t[from - 1] == '@')
		at_email(m, t, from, end);
	if (kinds & TAIL_URL)
		at_url(m, t, from, end);
}

static void at_dot(struct intel_matcher *m, const char *t, size_t i)
{
	const struct intel *set = m->set;
	size_t end = i + 1;
	unsigned kinds;

	if (i && is_digit(t[i - 1]) && is_digit(t[i + 1]) && (m->naive || set->has_v4 || set->has_url_address))
		at_v4(m, t, i);
	while (is_label(t[end]))
		end++;
	if (end == i + 1 || (t[end] == '.' && is_label(t[end + 1])))
		return;
	kinds = m->naive ? 0xFF : set->tails[intel_tail_slot(t + i + 1, end - i - 1)];
	if (kinds & (TAIL_HOST | TAIL_EMAIL | TAIL_URL))
		at_host(m, t, i, end, kinds);
	if (kinds & TAIL_NAME)
		scan_name(m, t, end);
	if (kinds & TAIL_PATH)
		scan_path(m, t, end);
}

/* --- colons: IPv6, and URLs whose host has no dot --- */

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* The first colon of a run of hex digits, colons and dots. */
static void at_v6(struct intel_matcher *m, const char *t, size_t i)
{
	size_t from = i, to = i, colons = 0;
	uint8_t bytes[16];

	while (from && i - from < 4 && is_hex(t[from - 1]))
		from--;
	if (from && (is_wordy(t[from - 1]) || is_digit(t[from - 1]) || t[from - 1] == ':' || t[from - 1] == '.'))
		return;
	for (; (is_hex(t[to]) || t[to] == ':' || t[to] == '.') && to - from < 64; to++)
		colons += t[to] == ':';
	if (colons < 2 || is_wordy(t[to]))
		return;
	while (to > i && t[to - 1] == '.')
		to--;
	if (to - from > 2 && t[to - 1] == ':' && t[to - 2] != ':')
		to--;
	if (intel_parse_v6(str_n(t + from, to - from), bytes))
		scan_look_address(m, bytes, 16);
}

static void at_bare_url(struct intel_matcher *m, const char *t, size_t i)
{
	size_t from = i + 3, to = from;

	if (t[i + 1] != '/' || t[i + 2] != '/')
		return;
	if (t[to] == '[') {
		while (t[to] && t[to] != ']' && to - from < 64)
			to++;
		to += t[to] == ']';
	} else {
		while (is_label(t[to]))
			to++;
		if (t[to] == '.')
			return;
	}
	if (to > from)
		at_url(m, t, from, to);
}

static void at_colon(struct intel_matcher *m, const char *t, size_t i)
{
	if (m->naive || m->set->has_v6 || m->set->has_v4)
		at_v6(m, t, i);
	if (m->naive || m->set->has_url_bare)
		at_bare_url(m, t, i);
}

static void scan_marks_naive(struct intel_matcher *m, const char *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (t[i] == '.')
			at_dot(m, t, i);
		else if (t[i] == ':')
			at_colon(m, t, i);
	}
}

#ifdef __SSE2__
static void scan_marks(struct intel_matcher *m, const char *t, size_t n)
{
	bool colons = m->set->has_v6 || m->set->has_v4 || m->set->has_url_bare;

	for (size_t base = 0; base < n; base += 16) {
		__m128i v = load(t + base);
		unsigned mask = m->set->dotted ? (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('.'))) : 0;

		if (colons)
			mask |= (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(':')));
		for (; mask; mask &= mask - 1) {
			size_t i = base + (size_t)__builtin_ctz(mask);

			if (t[i] == '.')
				at_dot(m, t, i);
			else
				at_colon(m, t, i);
		}
	}
}
#else
static void scan_marks(struct intel_matcher *m, const char *t, size_t n)
{
	scan_marks_naive(m, t, n);
}
#endif

/* --- hashes --- */

static enum intel_type hash_type(const struct intel_matcher *m, const char *t, size_t from, size_t n)
{
	const struct event *e = m->event;
	struct str name;

	if (n != 16)
		return n == 20 ? INTEL_SHA1 : n == 32 ? INTEL_SHA256 : INTEL_SHA512;
	name = names_text(e->names, e->fields[m->field].name);
	if (from >= 8 && memcmp(t + from - 8, "imphash=", 8) == 0)
		return INTEL_IMPHASH;
	return name.n >= 7 && str_eq_nocase(str_skip(name, name.n - 7), STR("imphash")) ? INTEL_IMPHASH : INTEL_MD5;
}

static void at_hex(struct intel_matcher *m, const char *t, size_t from, size_t to)
{
	char key[64];
	size_t n = (to - from) / 2;
	bool fits = to - from == 32 || to - from == 40 || to - from == 64 || to - from == 128;
	bool marked = from >= 2 && t[from - 1] == 'x' && t[from - 2] == '0';

	if (!fits || (is_label(t[to]) && t[to] != '-' && t[to] != '_'))
		return;
	if (from && !marked && is_label(t[from - 1]) && t[from - 1] != '-' && t[from - 1] != '_')
		return;
	for (size_t i = 0; i < n; i++) {
		unsigned high = (unsigned char)t[from + 2 * i], low = (unsigned char)t[from + 2 * i + 1];

		high = high <= '9' ? high - '0' : high - 'a' + 10;
		low = low <= '9' ? low - '0' : low - 'a' + 10;
		key[i] = (char)(high << 4 | low);
	}
	scan_look(m, hash_type(m, t, from, n), key, n, true);
}

static void scan_hex(struct intel_matcher *m, const char *t, size_t n)
{
	size_t to;

	for (size_t at = 0; at + 16 <= n; at = to > at ? (to | 15) + 1 : at + 16) {
		size_t from = at;

		to = at;
		/* From the end, for it decides at once about most. */
		if (!is_hex(t[at + 15]) || !is_hex(t[at + 7]) || !is_hex(t[at]))
			continue;
		while (is_hex(t[to]))
			to++;
		if (to - at < 16)
			continue;
		while (from && is_hex(t[from - 1]))
			from--;
		at_hex(m, t, from, to);
	}
}

static void scan_hex_naive(struct intel_matcher *m, const char *t, size_t n)
{
	for (size_t from = 0, to; from < n; from = to + 1) {
		for (to = from; is_hex(t[to]);)
			to++;
		at_hex(m, t, from, to);
	}
}

/* --- values as a whole --- */

static void look_whole(struct intel_matcher *m, const char *t, size_t n)
{
	const struct intel *set = m->set;
	size_t at = n;

	if (set->has_agent && set->agent_lengths[n / 64 % 16] >> n % 64 & 1)
		scan_look(m, INTEL_USER_AGENT, t, n, true);
	while (set->has_mutex && at && t[at - 1] != '\\' && n - at < 256)
		at--;
	if (set->has_mutex)
		scan_look(m, INTEL_MUTEX, t + at, n - at, true);
}

/* The key, or a value right below it. */
static void look_registry(struct intel_matcher *m, const char *t, size_t n)
{
	char key[KEY_MAX];
	uint8_t prefix;
	size_t k;

	if (n > INTEL_VALUE_MAX || !(str_starts(str_n(t, n), STR("hk")) || str_starts(str_n(t, n), STR("\\registry\\"))))
		return;
	k = intel_key(INTEL_REGISTRY_KEY, str_n(t, n), key, &prefix);
	scan_look(m, INTEL_REGISTRY_KEY, key, k, true);
	while (k && key[k - 1] != '\\')
		k--;
	if (k)
		scan_look(m, INTEL_REGISTRY_KEY, key, k - 1, true);
}

/* Only for values that are all ASCII: of others the length is another when they are folded. */
static bool may_be_whole(const struct intel *set, const struct field *f)
{
	size_t n = f->kind == VALUE_UTF16 ? f->size / 2 : f->size;
	unsigned char first = *(const unsigned char *)f->data;

	return set->has_mutex || set->has_bare_name || set->has_bare_path ||
	       (set->has_agent && set->agent_lengths[n / 64 % 16] >> n % 64 & 1) ||
	       (set->has_registry && (ascii_lower(first) == 'h' || first == '\\'));
}

static void scan_folded(struct intel_matcher *m, const struct field *f)
{
	const struct intel *set = m->set;
	bool marks, hex;
	const char *t;
	size_t n;

	n = scan_fold(m, f, &marks, &hex);
	t = m->text.p;
	if (marks)
		scan_marks(m, t, n);
	if (hex && set->has_hash)
		scan_hex(m, t, n);
	if ((set->has_agent || set->has_mutex) && n <= INTEL_VALUE_MAX)
		look_whole(m, t, n);
	if (set->has_registry)
		look_registry(m, t, n);
	if (set->has_bare_name && n <= 2048)
		scan_name(m, t, n);
	if (set->has_bare_path && n <= 2048)
		scan_path(m, t, n);
}

static void scan_text(struct intel_matcher *m, const struct field *f)
{
	struct scan_clean *slot;
	size_t hits = m->hits.n;

	if (!may_be_whole(m->set, f) && !peek(f))
		return;
	if (f->size > CLEAN_BYTES) {
		scan_folded(m, f);
		return;
	}
	slot = &m->clean[hash64(f->data, f->size, f->kind) % CLEAN_SLOTS];
	if (slot->size == f->size && slot->kind == f->kind && memcmp(slot->bytes, f->data, f->size) == 0)
		return;
	scan_folded(m, f);
	if (m->hits.n != hits || hits >= HITS_MAX)
		return;
	slot->size = (uint8_t)f->size;
	slot->kind = f->kind;
	memcpy(slot->bytes, f->data, f->size);
}

static void scan_text_naive(struct intel_matcher *m, const struct field *f)
{
	bool marks, hex;
	size_t n = scan_fold(m, f, &marks, &hex);
	const char *t = m->text.p;

	scan_marks_naive(m, t, n);
	scan_hex_naive(m, t, n);
	if (n <= INTEL_VALUE_MAX) {
		size_t at = n;

		while (at && t[at - 1] != '\\' && n - at < 256)
			at--;
		scan_look(m, INTEL_USER_AGENT, t, n, true);
		scan_look(m, INTEL_MUTEX, t + at, n - at, true);
	}
	look_registry(m, t, n);
	if (n <= 2048) {
		scan_name(m, t, n);
		scan_path(m, t, n);
	}
}

static void scan_binary(struct intel_matcher *m, const struct field *f)
{
	if (m->set->has_hash && (f->size == 16 || f->size == 20 || f->size == 32 || f->size == 64))
		scan_look(m, hash_type(m, "", 0, f->size), f->data, f->size, true);
}

static uint32_t match(struct intel_matcher *m, const struct event *e, const struct intel_match **out)
{
	vec_clear(&m->hits);
	m->event = e;
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		m->field = i;
		switch ((enum value_kind)f->kind) {
		case VALUE_TEXT: case VALUE_ANSI: case VALUE_UTF16:
			if (f->size > 1)
				(m->naive ? scan_text_naive : scan_text)(m, f);
			break;
		case VALUE_BINARY:
			scan_binary(m, f);
			break;
		default:
			break;
		}
	}
	if (!m->hits.n)
		return 0;
	return hits_settle(m, e, out);
}

uint32_t intel_match(struct intel_matcher *m, const struct event *e, const struct intel_match **out)
{
	m->naive = false;
	return match(m, e, out);
}

uint32_t intel_match_naive(struct intel_matcher *m, const struct event *e, const struct intel_match **out)
{
	m->naive = true;
	return match(m, e, out);
}
