/*
 * The condition: a recursive descent over words and parentheses (detection.md 3.8).
 */
#include <string.h>

#include "base/vec.h"
#include "sigma/load.h"

#define CONDITION_MAX 65536u
#define CONDITION_DEPTH_MAX 50u

struct parser {
	struct sigma_load *l;
	const struct yaml_node *at;
	struct sigma_identifier *ids;
	uint32_t id_count;
	struct str text;
	size_t next;			/* where the coming word begins */
	struct str word;		/* the coming word, or '(' or ')'; p NULL at the end */
	unsigned depth;
};

static void report(struct parser *p, const char *code, const char *what, struct str word)
{
	struct yaml_node place = *p->at;
	size_t offset = word.p ? (size_t)(word.p - p->text.p) : p->text.n;
	enum diag_severity severity = strncmp(code, "v1-", 3) == 0 ? DIAG_UNSUPPORTED : DIAG_ERROR;

	if (!place.block)
		place.column += (uint32_t)offset + place.quoted;
	sigma_report(p->l, severity, code, &place, "%s%s%.*s%s", what, word.p ? " '" : "",
		     STR_ARGS(str_head(word, 60)), word.p ? "'" : "");
}

static bool is_word_end(char c)
{
	return ascii_is_space((unsigned char)c) || c == '(' || c == ')' || c == '|';
}

static void advance(struct parser *p)
{
	size_t i = p->next, start;

	while (i < p->text.n && ascii_is_space((unsigned char)p->text.p[i]))
		i++;
	start = i;
	if (i < p->text.n && is_word_end(p->text.p[i]))
		i++;
	else
		while (i < p->text.n && !is_word_end(p->text.p[i]))
			i++;
	p->word = i > start ? (struct str){p->text.p + start, i - start} : STR_NONE;
	p->next = i;
}

static bool is(const struct parser *p, const char *word)
{
	return p->word.p && str_eq_nocase(p->word, str_c(word));
}

/* Without taking it: is the word behind the coming one `word`? */
static bool next_is(const struct parser *p, const char *word)
{
	struct parser look = *p;

	advance(&look);
	return is(&look, word);
}

/* '*' is any run; everything else is itself. */
static bool name_matches(struct str pattern, struct str name)
{
	size_t p = 0, n = 0, star = SIZE_MAX, mark = 0;

	while (n < name.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			mark = n;
		} else if (p < pattern.n && pattern.p[p] == name.p[n]) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static struct sigma_node *parse_or(struct parser *p);

static struct sigma_node *parse_quantifier(struct parser *p)
{
	enum sigma_node_kind kind = is(p, "all") ? SIGMA_NODE_AND : SIGMA_NODE_OR;
	VEC(struct sigma_node *) found = {0};
	struct sigma_node *tree = NULL;

	advance(p);	/* the quantifier */
	advance(p);	/* of */
	struct str pattern = is(p, "them") ? STR("*") : p->word;

	if (!p->word.p || is_word_end(*p->word.p)) {
		report(p, "condition", "'of' needs 'them' or a pattern of identifiers", p->word);
		return NULL;
	}
	for (uint32_t i = 0; i < p->id_count; i++) {
		bool hidden = p->ids[i].name.n && p->ids[i].name.p[0] == '_' && pattern.p[0] != '_';

		if (hidden || !name_matches(pattern, p->ids[i].name))
			continue;
		p->ids[i].used = true;
		*vec_add(&found) = p->ids[i].node;
	}
	if (found.n)
		tree = sigma_node_join(p->l, kind, found.at, (uint32_t)found.n);
	else
		report(p, "pattern-matches-nothing", "no search identifier fits", p->word);
	vec_free(&found);
	advance(p);
	return tree;
}

static struct sigma_node *parse_identifier(struct parser *p)
{
	for (uint32_t i = 0; i < p->id_count; i++) {
		if (!str_eq(p->ids[i].name, p->word))
			continue;
		p->ids[i].used = true;
		advance(p);
		return p->ids[i].node;
	}
	if (is(p, "and") || is(p, "or") || is(p, "of"))
		report(p, "condition", "an operand is missing before", p->word);
	else
		report(p, "unknown-identifier", "no search identifier", p->word);
	return NULL;
}

static struct sigma_node *parse_operand(struct parser *p)
{
	struct sigma_node *inner;

	if (!p->word.p) {
		report(p, "condition", "the condition ends where an operand is expected", STR_NONE);
		return NULL;
	}
	if (*p->word.p == '(') {
		if (++p->depth > CONDITION_DEPTH_MAX) {
			report(p, "condition", "parentheses are nested too deep", p->word);
			return NULL;
		}
		advance(p);
		inner = parse_or(p);
		if (inner && !is(p, ")")) {
			report(p, "condition", "a closing parenthesis is missing", p->word);
			return NULL;
		}
		p->depth--;
		advance(p);
		return inner;
	}
	if ((is(p, "1") || is(p, "any") || is(p, "all")) && next_is(p, "of"))
		return parse_quantifier(p);
	return parse_identifier(p);
}

static struct sigma_node *parse_not(struct parser *p)
{
	unsigned count = 0;
	struct sigma_node *n;

	for (; is(p, "not"); count++)
		advance(p);
	n = parse_operand(p);
	return n && count % 2 ? sigma_node_not(p->l, n) : n;
}

static struct sigma_node *parse_chain(struct parser *p, const char *word, enum sigma_node_kind kind,
				      struct sigma_node *(*operand)(struct parser *))
{
	VEC(struct sigma_node *) all = {0};
	struct sigma_node *n = operand(p);

	for (;;) {
		if (!n)
			break;
		*vec_add(&all) = n;
		if (!is(p, word))
			break;
		advance(p);
		n = operand(p);
	}
	if (n)
		n = sigma_node_join(p->l, kind, all.at, (uint32_t)all.n);
	vec_free(&all);
	return n;
}

static struct sigma_node *parse_and(struct parser *p)
{
	return parse_chain(p, "and", SIGMA_NODE_AND, parse_not);
}

static struct sigma_node *parse_or(struct parser *p)
{
	return parse_chain(p, "or", SIGMA_NODE_OR, parse_and);
}

struct sigma_node *sigma_condition_load(struct sigma_load *l, const struct yaml_node *condition,
					struct sigma_identifier *ids, uint32_t id_count)
{
	struct parser p = {.l = l, .at = condition, .ids = ids, .id_count = id_count, .text = yaml_text(condition)};
	struct sigma_node *tree;

	if (!str_trim(p.text).n || p.text.n > CONDITION_MAX) {
		sigma_report(l, DIAG_ERROR, "condition", condition, "the condition must be a text of at most %u bytes", CONDITION_MAX);
		return NULL;
	}
	if (str_find_byte(p.text, '|') >= 0) {
		report(&p, "v1-aggregation", "version 1 aggregation, use a correlation rule:",
		       str_skip(p.text, (size_t)str_find_byte(p.text, '|')));
		return NULL;
	}
	advance(&p);
	tree = parse_or(&p);
	if (tree && p.word.p) {
		report(&p, "condition", is(&p, ")") ? "a parenthesis closes that none opened" : "'and' or 'or' is missing before", p.word);
		return NULL;
	}
	return tree;
}
