#include "intel/pattern.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "base/vec.h"

#include <string.h>

enum token {
	END, BAD, NAME, STRING, INT, FLOAT, HEX, BINARY, TIME,
	COLON, DOT, COMMA, LPAREN, RPAREN, LBRACK, RBRACK, STAR, EQ, NE, LT, LE, GT, GE
};

struct parser {
	struct str text;
	size_t at;			/* behind the token */
	enum token token;
	size_t from;			/* where it begins */
	struct str value;		/* of names and literals, without quotes */
	bool escaped;			/* it holds escapes */
	struct arena *arena;
	struct pattern_error error;
	unsigned depth, nodes;
};

static void *fail_at(struct parser *p, const char *message)
{
	if (!p->error.message)
		p->error = (struct pattern_error){p->from, message};
	p->token = BAD;
	return NULL;
}

/* --- tokens --- */

static bool is_letter(char c)
{
	return (unsigned)ascii_lower((unsigned char)c) - 'a' < 26u || c == '_';
}

static char peek(const struct parser *p, size_t ahead)
{
	return p->at + ahead < p->text.n ? p->text.p[p->at + ahead] : '\0';
}

/* Bytes of the white space that stands next. */
static size_t space_size(const struct parser *p)
{
	struct str rest = str_skip(p->text, p->at);
	size_t size;
	uint32_t c;

	if (!rest.n)
		return 0;
	c = utf8_decode(rest.p, rest.n, &size);
	return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 ? size : 0;
}

static bool skip_comment(struct parser *p)
{
	ptrdiff_t end;

	if (peek(p, 0) != '/')
		return false;
	if (peek(p, 1) == '*') {
		end = str_find(str_skip(p->text, p->at + 2), STR("*/"));
		if (end < 0)
			return false;
		p->at += (size_t)end + 4;
		return true;
	}
	if (peek(p, 1) != '/')
		return false;
	while (p->at < p->text.n && peek(p, 0) != '\n' && peek(p, 0) != '\r')
		p->at++;
	return true;
}

static void skip_space(struct parser *p)
{
	size_t size;

	while ((size = space_size(p)) || skip_comment(p))
		p->at += size;
}

/* From the opening quote on. */
static bool take_quoted(struct parser *p)
{
	size_t i = p->at + 1;

	p->escaped = false;
	while (i < p->text.n && p->text.p[i] != '\'') {
		if (p->text.p[i] == '\\') {
			if (i + 1 == p->text.n || !strchr("\\'", p->text.p[i + 1]) || !p->text.p[i + 1])
				return fail_at(p, "only \\' and \\\\ are escapes"), false;
			p->escaped = true;
			i++;
		}
		i++;
	}
	if (i >= p->text.n)
		return fail_at(p, "a text does not end"), false;
	p->value = str_n(p->text.p + p->at + 1, i - p->at - 1);
	p->at = i + 1;
	return true;
}

static bool is_hex_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = ascii_lower((unsigned char)s.p[i]);

		if (!ascii_is_digit(c) && (c < 'a' || c > 'f'))
			return false;
	}
	return s.n % 2 == 0;
}

static bool is_base64(struct str s)
{
	size_t n = s.n;

	while (n && s.n - n < 2 && s.p[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++) {
		if ((!is_letter(s.p[i]) || s.p[i] == '_') && !ascii_is_digit((unsigned char)s.p[i]) && s.p[i] != '+' && s.p[i] != '/')
			return false;
	}
	return s.n && s.n % 4 == 0 && n;
}

/* The grammar's timestamp: days up to 31 in any month, seconds up to 60. */
static bool is_time(struct str s)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	unsigned v[19];

	if (s.n < 20 || s.p[s.n - 1] != 'Z')
		return false;
	for (size_t i = 0; i < 19; i++) {
		v[i] = (unsigned)(s.p[i] - '0');
		if (shape[i] == 'd' ? v[i] > 9 : s.p[i] != shape[i])
			return false;
	}
	for (size_t i = 20; i + 1 < s.n; i++) {
		if (!ascii_is_digit((unsigned char)s.p[i]))
			return false;
	}
	if (s.n > 20 && (s.p[19] != '.' || s.n < 22))
		return false;
#define TWO(i) (v[i] * 10 + v[(i) + 1])
	return TWO(5) >= 1 && TWO(5) <= 12 && TWO(8) >= 1 && TWO(8) <= 31 && TWO(11) <= 23 && TWO(14) <= 59 && TWO(17) <= 60;
#undef TWO
}

static enum token take_prefixed(struct parser *p)
{
	char prefix = peek(p, 0);

	p->at++;
	if (!take_quoted(p))
		return BAD;
	if (prefix == 'h' && is_hex_text(p->value))
		return HEX;
	if (prefix == 'b' && is_base64(p->value))
		return BINARY;
	if (prefix == 't' && is_time(p->value))
		return TIME;
	fail_at(p, prefix == 't' ? "not a timestamp" : prefix == 'h' ? "not pairs of hex digits" : "not base64");
	return BAD;
}

static enum token take_number(struct parser *p)
{
	size_t i = p->at, digits, whole;

	if (p->text.p[i] == '-' || p->text.p[i] == '+')
		i++;
	for (digits = i; i < p->text.n && ascii_is_digit((unsigned char)p->text.p[i]);)
		i++;
	whole = i - digits;
	if (i + 1 < p->text.n && p->text.p[i] == '.' && ascii_is_digit((unsigned char)p->text.p[i + 1])) {
		for (i++; i < p->text.n && ascii_is_digit((unsigned char)p->text.p[i]);)
			i++;
		p->value = str_n(p->text.p + p->at, i - p->at);
		p->at = i;
		return FLOAT;
	}
	if (!whole || (whole > 1 && p->text.p[digits] == '0')) {
		fail_at(p, "not a number");
		return BAD;
	}
	p->value = str_n(p->text.p + p->at, i - p->at);
	p->at = i;
	return INT;
}

static enum token take_sign(struct parser *p)
{
	static const struct { const char *text; enum token token; } signs[] = {
		{"==", EQ}, {"!=", NE}, {"<>", NE}, {"<=", LE}, {">=", GE}, {"=", EQ}, {"<", LT}, {">", GT}, {":", COLON},
		{".", DOT}, {",", COMMA}, {"(", LPAREN}, {")", RPAREN}, {"[", LBRACK}, {"]", RBRACK}, {"*", STAR},
	};

	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
		if (str_starts(str_skip(p->text, p->at), str_c(signs[i].text))) {
			p->at += strlen(signs[i].text);
			return signs[i].token;
		}
	}
	fail_at(p, "a character that does not belong here");
	return BAD;
}

static enum token take_token(struct parser *p)
{
	char c = peek(p, 0);

	if (p->at == p->text.n)
		return END;
	if ((c == 'h' || c == 'b' || c == 't') && peek(p, 1) == '\'')
		return take_prefixed(p);
	if (is_letter(c)) {
		size_t from = p->at;

		while (is_letter(peek(p, 0)) || ascii_is_digit((unsigned char)peek(p, 0)) || peek(p, 0) == '-')
			p->at++;
		p->value = str_n(p->text.p + from, p->at - from);
		return NAME;
	}
	if (c == '\'')
		return take_quoted(p) ? STRING : BAD;
	if (ascii_is_digit((unsigned char)c) || c == '-' || c == '+' || (c == '.' && ascii_is_digit((unsigned char)peek(p, 1))))
		return take_number(p);
	return take_sign(p);
}

static void next(struct parser *p)
{
	if (p->token == BAD)
		return;
	skip_space(p);
	p->from = p->at;
	p->token = take_token(p);
}

static bool is_word(const struct parser *p, const char *word)
{
	return p->token == NAME && str_eq(p->value, str_c(word));
}

static bool accept_word(struct parser *p, const char *word)
{
	if (!is_word(p, word))
		return false;
	next(p);
	return true;
}

static bool expect(struct parser *p, enum token token, const char *message)
{
	if (p->token != token)
		return fail_at(p, message), false;
	next(p);
	return true;
}

static bool is_keyword(struct str s)
{
	static const char *const words[] = {"AND", "OR", "NOT", "FOLLOWEDBY", "LIKE", "MATCHES", "ISSUPERSET", "ISSUBSET", "EXISTS",
					    "LAST", "IN", "START", "STOP", "SECONDS", "true", "false", "WITHIN", "REPEATS", "TIMES"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (str_eq(s, str_c(words[i])))
			return true;
	}
	return false;
}

static struct str text_of(struct parser *p)
{
	char *out;
	size_t n = 0;

	if (p->token != STRING || !p->escaped)
		return p->value;
	out = arena_bytes(p->arena, p->value.n);
	for (size_t i = 0; i < p->value.n; i++) {
		i += p->value.p[i] == '\\';
		out[n++] = p->value.p[i];
	}
	return str_n(out, n);
}

/* --- paths and tests --- */

static bool take_key(struct parser *p, struct pattern_test *t)
{
	bool plain = p->token == NAME && !is_keyword(p->value) && str_find_byte(p->value, '-') < 0;

	if (!plain && p->token != STRING)
		return fail_at(p, "a property's name is expected here"), false;
	if (t->step_count == PATTERN_STEPS_MAX)
		return fail_at(p, "a path of more than 16 steps"), false;
	t->steps[t->step_count++].text = text_of(p);
	next(p);
	return true;
}

static bool take_index(struct parser *p, struct pattern_test *t)
{
	next(p);
	if (p->token != INT && p->token != STAR)
		return fail_at(p, "a number or * is expected here"), false;
	if (t->step_count == PATTERN_STEPS_MAX)
		return fail_at(p, "a path of more than 16 steps"), false;
	t->steps[t->step_count].is_index = true;
	t->steps[t->step_count++].text = p->token == STAR ? STR("*") : p->value;
	next(p);
	return expect(p, RBRACK, "']' is expected here");
}

static bool take_path(struct parser *p, struct pattern_test *t)
{
	if (p->token != NAME || is_keyword(p->value))
		return fail_at(p, "an object path is expected here"), false;
	t->object = p->value;
	next(p);
	if (!expect(p, COLON, "':' is expected here") || !take_key(p, t))
		return false;
	for (;;) {
		if (p->token == LBRACK) {
			if (!take_index(p, t))
				return false;
		} else if (p->token == DOT) {
			next(p);
			if (!take_key(p, t))
				return false;
		} else {
			return p->token != BAD;
		}
	}
}

static bool take_literal(struct parser *p, bool with_bool, struct pattern_value *out)
{
	static const struct { enum token token; enum pattern_literal kind; } kinds[] = {
		{STRING, PATTERN_STRING}, {INT, PATTERN_INT}, {FLOAT, PATTERN_FLOAT}, {HEX, PATTERN_HEX}, {BINARY, PATTERN_BINARY},
		{TIME, PATTERN_TIME},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (p->token == kinds[i].token) {
			*out = (struct pattern_value){kinds[i].kind, text_of(p)};
			next(p);
			return p->token != BAD;
		}
	}
	if (with_bool && (is_word(p, "true") || is_word(p, "false"))) {
		*out = (struct pattern_value){PATTERN_BOOL, p->value};
		next(p);
		return p->token != BAD;
	}
	return fail_at(p, "a value is expected here"), false;
}

static bool take_set(struct parser *p, struct pattern_test *t)
{
	VEC(struct pattern_value) values = {0};
	bool good = expect(p, LPAREN, "'(' is expected here");

	if (good && p->token != RPAREN) {
		do
			good = take_literal(p, true, vec_add(&values));
		while (good && p->token == COMMA && (next(p), true));
	}
	good = good && expect(p, RPAREN, "',' or ')' is expected here");
	t->value_count = good ? values.n : 0;
	t->values = ARENA_ARRAY(p->arena, struct pattern_value, values.n + 1);
	if (values.n)
		memcpy(t->values, values.at, values.n * sizeof *values.at);
	vec_free(&values);
	return good;
}

static bool take_op(struct parser *p, enum pattern_op *out)
{
	static const struct { enum token token; const char *word; enum pattern_op op; } ops[] = {
		{EQ, "", PATTERN_EQ}, {NE, "", PATTERN_NE}, {LT, "", PATTERN_LT}, {LE, "", PATTERN_LE}, {GT, "", PATTERN_GT},
		{GE, "", PATTERN_GE}, {NAME, "IN", PATTERN_IN}, {NAME, "LIKE", PATTERN_LIKE}, {NAME, "MATCHES", PATTERN_MATCHES},
		{NAME, "ISSUBSET", PATTERN_ISSUBSET}, {NAME, "ISSUPERSET", PATTERN_ISSUPERSET},
	};

	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (p->token == ops[i].token && (p->token != NAME || is_word(p, ops[i].word))) {
			*out = ops[i].op;
			next(p);
			return p->token != BAD;
		}
	}
	return fail_at(p, "a comparison is expected here"), false;
}

static size_t hash_length(struct str name)
{
	static const struct { const char *name; size_t n; } hashes[] = {
		{"MD5", 32}, {"SHA-1", 40}, {"SHA1", 40}, {"SHA-256", 64}, {"SHA256", 64}, {"SHA-512", 128}, {"SHA512", 128},
		{"SHA3-256", 64}, {"SHA3-512", 128},
	};

	for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
		if (str_eq_nocase(name, str_c(hashes[i].name)))
			return hashes[i].n;
	}
	return 0;
}

/* A hash that is compared must have its kind's length. */
static bool check_hashes(struct parser *p, const struct pattern_test *t)
{
	size_t want;

	if (t->step_count < 2 || !str_eq(t->steps[t->step_count - 2].text, STR("hashes")) || t->steps[t->step_count - 1].is_index)
		return true;
	want = hash_length(t->steps[t->step_count - 1].text);
	if (!want || (t->op != PATTERN_EQ && t->op != PATTERN_NE && t->op != PATTERN_IN))
		return true;
	for (size_t i = 0; i < t->value_count; i++) {
		if (t->values[i].kind == PATTERN_STRING && (t->values[i].text.n != want || !is_hex_text(t->values[i].text)))
			return fail_at(p, "a hash of the wrong length"), false;
	}
	return true;
}

static bool take_operand(struct parser *p, struct pattern_test *t)
{
	bool words = t->op >= PATTERN_LIKE;

	if (t->op == PATTERN_IN)
		return take_set(p, t);
	t->values = ARENA_NEW(p->arena, struct pattern_value);
	t->value_count = 1;
	if (words && p->token != STRING)
		return fail_at(p, "a text in quotes is expected here"), false;
	return take_literal(p, t->op == PATTERN_EQ || t->op == PATTERN_NE, t->values);
}

static struct pattern_node *new_node(struct parser *p, enum pattern_kind kind, struct pattern_node *left, struct pattern_node *right)
{
	struct pattern_node *n;

	if (p->nodes++ == PATTERN_NODES_MAX)
		return fail_at(p, "more than 4,096 parts");
	n = ARENA_NEW(p->arena, struct pattern_node);
	n->kind = kind;
	n->left = left;
	n->right = right;
	return n;
}

static struct pattern_node *take_tests(struct parser *p);

static struct pattern_node *take_test(struct parser *p)
{
	struct pattern_node *n;
	struct pattern_test *t;

	if (p->token == LPAREN) {
		if (p->depth++ == PATTERN_DEPTH_MAX)
			return fail_at(p, "nested deeper than 64 levels");
		next(p);
		n = take_tests(p);
		p->depth--;
		return n && expect(p, RPAREN, "')' is expected here") ? n : NULL;
	}
	n = new_node(p, PATTERN_TEST, NULL, NULL);
	if (!n)
		return NULL;
	t = n->test = ARENA_NEW(p->arena, struct pattern_test);
	t->negated = accept_word(p, "NOT");
	if (accept_word(p, "EXISTS")) {
		t->op = PATTERN_EXISTS;
		return take_path(p, t) ? n : NULL;
	}
	if (t->negated)
		return fail_at(p, "EXISTS is expected here");
	if (!take_path(p, t))
		return NULL;
	t->negated = accept_word(p, "NOT");
	return take_op(p, &t->op) && take_operand(p, t) && check_hashes(p, t) ? n : NULL;
}

static struct pattern_node *take_test_ands(struct parser *p)
{
	struct pattern_node *left = take_test(p), *right;

	while (left && accept_word(p, "AND")) {
		right = take_test(p);
		left = right ? new_node(p, PATTERN_TEST_AND, left, right) : NULL;
	}
	return left;
}

static struct pattern_node *take_tests(struct parser *p)
{
	struct pattern_node *left = take_test_ands(p), *right;

	while (left && accept_word(p, "OR")) {
		right = take_test_ands(p);
		left = right ? new_node(p, PATTERN_TEST_OR, left, right) : NULL;
	}
	return left;
}

/* --- observations --- */

/* A 60th second carries over. */
static int64_t time_of(struct str s)
{
	struct civil c = {0};
	uint64_t v[6] = {0};
	static const struct { unsigned at, n; } parts[] = {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}};

	for (size_t i = 0; i < 6; i++) {
		if (str_to_u64(str_n(s.p + parts[i].at, parts[i].n), &v[i]))
			return TICKS_NONE;
	}
	c = (struct civil){(int)v[0], (int)v[1], (int)v[2], (int)v[3], (int)v[4], (int)v[5], 0};
	for (size_t i = 20, unit = 1000000; i + 1 < s.n && unit; i++, unit /= 10)
		c.ticks += (s.p[i] - '0') * (int)unit;
	return clock_from_civil(&c);
}

static bool is_positive(const struct parser *p)
{
	return (p->token == INT || p->token == FLOAT) && p->value.p[0] != '-';
}

static bool take_window(struct parser *p, struct pattern_node *n)
{
	if (p->token != TIME)
		return fail_at(p, "a timestamp is expected here"), false;
	n->start = time_of(p->value);
	next(p);
	if (!accept_word(p, "STOP"))
		return fail_at(p, "STOP is expected here"), false;
	if (p->token != TIME)
		return fail_at(p, "a timestamp is expected here"), false;
	n->stop = time_of(p->value);
	next(p);
	return true;
}

static bool take_repeats(struct parser *p, struct pattern_node *n)
{
	if (p->token != INT || p->value.p[0] == '-')
		return fail_at(p, "a number is expected here"), false;
	if (str_to_u64(p->value.p[0] == '+' ? str_skip(p->value, 1) : p->value, &n->repeats))
		n->repeats = UINT64_MAX;
	next(p);
	if (!accept_word(p, "TIMES"))
		return fail_at(p, "TIMES is expected here"), false;
	return true;
}

static bool take_within(struct parser *p)
{
	if (!is_positive(p))
		return fail_at(p, "a positive number is expected here"), false;
	next(p);
	if (!accept_word(p, "SECONDS"))
		return fail_at(p, "SECONDS is expected here"), false;
	return true;
}

/* Each kind once behind an observation; behind parentheses the reference takes them again, the last one counts. */
static bool take_qualifiers(struct parser *p, struct pattern_node *n, bool once)
{
	for (;;) {
		unsigned kind = is_word(p, "START") ? PATTERN_HAS_WINDOW : is_word(p, "WITHIN") ? PATTERN_HAS_WITHIN :
				is_word(p, "REPEATS") ? PATTERN_HAS_REPEATS : 0;

		if (!kind)
			return p->token != BAD;
		if (once && n->qualifiers & kind)
			return fail_at(p, "this qualifier stands here already"), false;
		n->qualifiers |= kind;
		next(p);
		if (!(kind == PATTERN_HAS_WINDOW ? take_window(p, n) : kind == PATTERN_HAS_WITHIN ? take_within(p) : take_repeats(p, n)))
			return false;
	}
}

static struct pattern_node *take_observations(struct parser *p);

static struct pattern_node *take_observation(struct parser *p)
{
	struct pattern_node *n, *inner;
	bool simple = p->token == LBRACK;

	if (!simple && p->token != LPAREN)
		return fail_at(p, "'[' or '(' is expected here");
	if (p->depth++ == PATTERN_DEPTH_MAX)
		return fail_at(p, "nested deeper than 64 levels");
	next(p);
	inner = simple ? take_tests(p) : take_observations(p);
	p->depth--;
	if (!inner || !expect(p, simple ? RBRACK : RPAREN, simple ? "']' is expected here" : "')' is expected here"))
		return NULL;
	/* Parentheses get a node of their own, for their qualifiers: an OR with one side. */
	n = new_node(p, simple ? PATTERN_OBSERVATION : PATTERN_OR, inner, NULL);
	return n && take_qualifiers(p, n, simple) ? n : NULL;
}

static struct pattern_node *take_ands(struct parser *p)
{
	struct pattern_node *left = take_observation(p), *right;

	while (left && accept_word(p, "AND")) {
		right = take_observation(p);
		left = right ? new_node(p, PATTERN_AND, left, right) : NULL;
	}
	return left;
}

static struct pattern_node *take_ors(struct parser *p)
{
	struct pattern_node *left = take_ands(p), *right;

	while (left && accept_word(p, "OR")) {
		right = take_ands(p);
		left = right ? new_node(p, PATTERN_OR, left, right) : NULL;
	}
	return left;
}

static struct pattern_node *take_observations(struct parser *p)
{
	struct pattern_node *left = take_ors(p), *right;

	while (left && accept_word(p, "FOLLOWEDBY")) {
		right = take_ors(p);
		left = right ? new_node(p, PATTERN_FOLLOWEDBY, left, right) : NULL;
	}
	return left;
}

struct pattern_node *pattern_parse(struct str text, struct arena *a, struct pattern_error *out_error)
{
	struct parser p = {.text = text, .arena = a};
	struct pattern_node *n = NULL;

	if (text.n > PATTERN_TEXT_MAX) {
		*out_error = (struct pattern_error){0, "longer than 65,536 bytes"};
		return NULL;
	}
	next(&p);
	n = take_observations(&p);
	if (n && p.token != END)
		n = fail_at(&p, "something follows the pattern");
	if (!n)
		*out_error = p.error;
	return n;
}
