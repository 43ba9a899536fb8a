#include "sigma/compile.h"

#include <assert.h>
#include <stdlib.h>

/*
 * A program asks one atom after another; each answer says where to go on. A node of n atoms takes n places, so that the
 * places of its children are known before they are written. Cheap questions come first.
 */
struct coder {
	struct compiler *c;
	VEC(uint32_t) witnesses;
	uint32_t base;			/* of the program in the table */
};

static uint32_t leaves(const struct compiler *c, uint32_t node)
{
	struct node n = c->nodes.at[node];
	uint32_t sum = n.kind == NODE_ATOM;
	for (uint32_t i = 0; i < n.children.n; i++)
		sum += leaves(c, c->children.at[n.children.at + i]);
	return sum;
}

static bool is_witness(const struct coder *o, uint32_t atom)
{
	for (size_t i = 0; i < o->witnesses.n; i++)
		if (o->witnesses.at[i] == atom)
			return true;
	return false;
}

static double pattern_price(const struct image_pattern *p)
{
	static const double price[PATTERN_FORMS] = {1, 4, 1, 1, 12};
	return price[p->form];
}

static double atom_price(const struct coder *o, uint32_t atom)
{
	const struct compiler *c = o->c;
	const struct image_atom *a = &c->t.atoms.at[atom];
	if (is_witness(o, atom))
		return 0.1;
	if (a->test == SIGMA_TEST_REGEX)
		return 200;
	if (a->test != SIGMA_TEST_STRING)
		return a->test == SIGMA_TEST_NULL || a->test == SIGMA_TEST_EXISTS ? 1 : 5;
	double sum = a->flags & ATOM_KEYWORD ? 100 : 2;
	for (uint32_t i = 0; i < a->patterns.n; i++)
		sum += pattern_price(&c->t.patterns.at[c->t.numbers.at[a->patterns.at + i]]);
	return sum;
}

static double node_price(const struct coder *o, uint32_t node)
{
	struct node n = o->c->nodes.at[node];
	if (n.kind == NODE_ATOM)
		return atom_price(o, n.atom);
	double sum = 0;
	for (uint32_t i = 0; i < n.children.n; i++)
		sum += node_price(o, o->c->children.at[n.children.at + i]);
	return sum;
}

struct priced { double price; uint32_t node, leaves; };

static int by_price(const void *a, const void *b)
{
	const struct priced *x = a, *y = b;
	if (x->price != y->price)
		return x->price < y->price ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static void emit(struct coder *o, uint32_t node, uint32_t at, struct image_op to);

/* to.yes, to.no: where the whole goes on. An AND goes on to its next child for yes, an OR for no. */
static void emit_children(struct coder *o, const struct node *n, uint32_t at, struct image_op to)
{
	struct priced *p = mem_alloc(n->children.n * sizeof *p);
	for (uint32_t i = 0; i < n->children.n; i++) {
		uint32_t child = o->c->children.at[n->children.at + i];
		p[i] = (struct priced){node_price(o, child), child, leaves(o->c, child)};
	}
	qsort(p, n->children.n, sizeof *p, by_price);
	for (uint32_t i = 0; i < n->children.n; i++) {
		struct image_op t = to;
		uint32_t next = at + p[i].leaves;
		if (i + 1 < n->children.n && n->kind == NODE_AND)
			t.yes = next;
		if (i + 1 < n->children.n && n->kind == NODE_OR)
			t.no = next;
		emit(o, p[i].node, at, t);
		at = next;
	}
	free(p);
}

static void emit(struct coder *o, uint32_t node, uint32_t at, struct image_op to)
{
	struct compiler *c = o->c;
	struct node n = c->nodes.at[node];
	if (n.kind == NODE_NOT) {
		struct image_op turned = {0, to.no, to.yes};
		emit(o, c->children.at[n.children.at], at, turned);
	} else if (n.kind == NODE_ATOM) {
		bool eager = is_witness(o, n.atom) && witness_exact(c, n.atom);
		to.atom = nodes_keep_atom(c, n.atom) | (eager ? OP_EAGER : 0);
		c->t.ops.at[o->base + at] = to;
	} else {
		emit_children(o, &n, at, to);
	}
}

static void take_witness(void *user, uint32_t atom)
{
	struct coder *o = user;
	*vec_add(&o->witnesses) = atom;
}

uint32_t code_program(struct compiler *c, uint32_t rule, uint32_t node)
{
	uint32_t pair[2] = {rule, node};
	bool fresh;
	struct str key = str_n(pair, sizeof pair);
	uint32_t number = compile_cons(c, c->programs, key, (uint32_t)c->t.programs.n, &fresh);
	if (!fresh)
		return number;
	assert(node != NODE_ID_FALSE);
	struct coder o = {.c = c, .base = (uint32_t)c->t.ops.n};
	struct image_program p = {rule, {o.base, leaves(c, node)}};
	for (uint32_t i = 0; i < p.ops.n; i++)
		vec_add(&c->t.ops);
	if (witness_cost(c, node) < WITNESS_NONE)
		witness_each(c, node, &(struct witness_visit){take_witness, &o});
	emit(&o, node, 0, (struct image_op){0, OP_YES, OP_NO});
	vec_free(&o.witnesses);
	*vec_add(&c->t.programs) = p;
	*vec_add(&c->program_nodes) = node;
	return number;
}
