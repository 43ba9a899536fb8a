/*
 * Contract of the condition parser: for each byte a word, it takes exactly the conditions that a shunting-yard evaluator
 * takes, and its tree holds for exactly the same events.
 */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "sigma/naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 40u

/* Operands are bit masks over the 8 events in which A, B and C are there or not. */
enum kind { OPERAND, AND, OR, NOT, OPEN, CLOSE };
static const struct { const char *text; enum kind kind; uint8_t value; } words[] = {
	{"a", OPERAND, 0xAA}, {"b", OPERAND, 0xCC}, {"nota", OPERAND, 0xF0}, {"and", AND, 0}, {"or", OR, 0}, {"not", NOT, 0},
	{"(", OPEN, 0}, {")", CLOSE, 0}, {"1 of them", OPERAND, 0xFE}, {"all of them", OPERAND, 0x80},
	{"all of ?", OPERAND, 0}, {"any of *a", OPERAND, 0xFA}, {"AND", AND, 0}, {"all of b", OPERAND, 0xCC},
};
#define WORD_COUNT (sizeof words / sizeof *words)
#define NO_MATCH_WORD 10u	/* "all of ?": fits nothing, since only '*' is a wildcard there */

struct yard { uint8_t values[WORDS_MAX]; enum kind ops[WORDS_MAX]; unsigned value_count, op_count; };

static void reduce(struct yard *y)
{
	enum kind op = y->ops[--y->op_count];
	uint8_t right = y->values[--y->value_count];

	if (op == NOT)
		y->values[y->value_count++] = (uint8_t)~right;
	else if (op == AND)
		y->values[y->value_count - 1] &= right;
	else
		y->values[y->value_count - 1] |= right;
}

static unsigned rank(enum kind op)
{
	return op == NOT ? 3 : op == AND ? 2 : op == OR ? 1 : 0;
}

static bool close_parenthesis(struct yard *y)
{
	while (y->op_count && y->ops[y->op_count - 1] != OPEN)
		reduce(y);
	if (!y->op_count)
		return false;
	y->op_count--;
	return true;
}

/* False where the words are no condition. */
static bool evaluate(const uint8_t *data, size_t n, uint8_t *out)
{
	struct yard y = {0};
	bool want_operand = true;

	for (size_t i = 0; i < n; i++) {
		size_t w = data[i] % WORD_COUNT;
		enum kind kind = words[w].kind;

		if ((kind == OPERAND || kind == OPEN || kind == NOT) != want_operand || w == NO_MATCH_WORD)
			return false;
		want_operand = kind != OPERAND && kind != CLOSE;
		if (kind == OPERAND) {
			y.values[y.value_count++] = words[w].value;
		} else if (kind == CLOSE) {
			if (!close_parenthesis(&y))
				return false;
		} else {
			/* `not` binds to the right, the others to the left. */
			while (kind != OPEN && kind != NOT && y.op_count && rank(y.ops[y.op_count - 1]) >= rank(kind))
				reduce(&y);
			y.ops[y.op_count++] = kind;
		}
	}
	while (y.op_count && y.ops[y.op_count - 1] != OPEN)
		if (want_operand)
			return false;
		else
			reduce(&y);
	if (want_operand || y.op_count)
		return false;
	*out = y.values[0];
	return true;
}

static bool holds(const struct sigma_set *set, struct sigma_naive *naive, unsigned bits)
{
	struct arena *a = arena_new(0);
	struct names *names = names_new(set->keys);
	const uint32_t *rules;
	struct event e;
	bool met;

	event_init(&e, names, a);
	e.category = STR("x");
	for (unsigned i = 0; i < 3; i++)
		if (bits & 1u << i)
			event_add_named(&e, FIELD_DATA, i == 0 ? STR("A") : i == 1 ? STR("B") : STR("C"), VALUE_TEXT, STR("1"));
	met = sigma_naive_run(naive, &e, &rules) == 1;
	names_free(names);
	arena_free(a);
	return met;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sigma_set *set = sigma_set_new();
	struct diags *diags = diags_new();
	struct buf rule = {0};
	uint8_t expected = 0;
	bool valid;

	if (size > WORDS_MAX)
		size = WORDS_MAX;
	buf_text(&rule, "title: t\nlogsource: {category: x}\ndetection:\n  a: {A: 1}\n  b: {B: 1}\n  nota: {C: 1}\n  condition: '");
	for (size_t i = 0; i < size; i++)
		buf_printf(&rule, "%s ", words[data[i] % WORD_COUNT].text);
	buf_text(&rule, "'\n");
	sigma_set_add(set, STR("f"), buf_get(&rule), diags);
	sigma_set_bind(set, diags);
	valid = evaluate(data, size, &expected);
	assert(valid == (set->rule_count == 1));
	assert(valid || diags_count(diags, DIAG_ERROR));
	if (valid) {
		struct sigma_naive *naive = sigma_naive_new(set);

		for (unsigned bits = 0; bits < 8; bits++)
			assert(holds(set, naive, bits) == (expected >> bits & 1));
		sigma_naive_free(naive);
	}
	buf_free(&rule);
	diags_free(diags);
	sigma_set_free(set);
	return 0;
}
