#ifndef SIGMA_COMPILE_H
#define SIGMA_COMPILE_H
/*
 * What the stages of sigma_program_compile share. In order:
 *
 *	program_nodes.c  the variants' trees become one graph of shared nodes over atoms
 *	program_route.c  known facts of a source are filled in; what survives is a group
 *	witness.c        by which literals a program is found
 *	program_code.c   nodes become chains of questions
 *	group.c          a group's tables and literal database
 *	image_databases.c  the engine's databases
 *	image_write.c    everything becomes an image
 *
 * The tables of the image are filled as the stages go along. All of it is malloced or in the compiler's arena, and goes
 * when the image stands.
 */
#include "base/vec.h"
#include "sigma/image.h"
#include "sigma/set.h"

struct image_tables {
#define X(name, type) VEC(type) name;
	IMAGE_SECTIONS(X)
#undef X
};

enum node_kind { NODE_FALSE, NODE_TRUE, NODE_ATOM, NODE_NOT, NODE_AND, NODE_OR };
#define NODE_ID_FALSE 0u
#define NODE_ID_TRUE 1u
struct node {
	enum node_kind kind;
	uint32_t atom;			/* ATOM */
	struct span children;		/* of compiler.children; ascending, each once */
};

/* By what a pattern can be found without looking at the rule. */
enum hook_kind { HOOK_NONE, HOOK_LITERAL, HOOK_EQUAL, HOOK_BASE, HOOK_PATH };
struct hook {
	enum hook_kind kind;
	bool exact;			/* found means matched */
	struct str bytes;		/* LITERAL: with 0xFF where it is anchored; others: what is hashed, folded */
	double cost;
};

struct survivor { uint32_t variant, node; bool loose; };	/* loose: passed only because the event does not say */
struct survivors { VEC(struct survivor) list; };

struct draft_group { struct span programs; uint32_t companion; };	/* of compiler.group_programs */

struct compiler {
	const struct sigma_set *set;
	struct arena *arena;
	struct image_tables t;
	struct map *texts, *patterns, *atoms, *nodes_by_key, *programs, *groups, *rows, *databases, *regexes;
	struct map *values[SIGMA_DIMS];
	VEC(struct node) nodes;
	VEC(uint32_t) children;
	VEC(uint32_t) kept;			/* by atom: its number in the image + 1, or 0 */
	VEC(uint32_t) kept_atoms;		/* by number in the image */
	VEC(uint32_t) roots;			/* by variant */
	VEC(uint32_t) pattern_uses;		/* by pattern: in how many variants */
	VEC(struct hook) hooks;			/* by pattern, twice: plain and cased */
	VEC(struct hook) keyword_hooks;		/* the same for keywords */
	VEC(double) witness_cost;		/* by node; < 0: not known yet */
	VEC(uint32_t) program_nodes;		/* by program */
	VEC(uint32_t) group_programs;
	VEC(struct draft_group) drafts;
	VEC(struct str) database_keys;		/* by database: the literals as group.c packed them */
	VEC(const struct sigma_match *) regex_matches;	/* by regex */
	VEC(uint8_t) in_set;			/* by atom: a regex that a program waits for with nothing else to find it */
	struct buf key;				/* scratch */
	uint32_t event_id_key;
	unsigned threads;
};

/* Text in the image, each once. */
struct ref compile_text(struct compiler *c, struct str text);
/* The number of `key` in a map of things, adding `next` where it is new; *out_new says which. The key is copied. */
uint32_t compile_cons(struct compiler *c, struct map *map, struct str key, uint32_t next, bool *out_new);

/* program_nodes.c */
uint32_t nodes_of_tree(struct compiler *c, const struct sigma_node *tree);
uint32_t nodes_make(struct compiler *c, enum node_kind kind, const uint32_t *children, uint32_t count);
uint32_t nodes_not(struct compiler *c, uint32_t child);
/* The number that a draft's atom has in the image: atoms are kept where a program asks for them. */
uint32_t nodes_keep_atom(struct compiler *c, uint32_t atom);

/* program_route.c */
void route_build(struct compiler *c);

/* witness.c */
#define WITNESS_NONE 1e9
void witness_count_uses(struct compiler *c);
const struct hook *witness_hook(struct compiler *c, const struct image_atom *atom, uint32_t pattern);
double witness_cost(struct compiler *c, uint32_t node);
/* Calls `take` with every atom of the node's witness set. */
struct witness_visit { void (*take)(void *user, uint32_t atom); void *user; };
void witness_each(struct compiler *c, uint32_t node, const struct witness_visit *visit);
/* True where all patterns of the atom are found exactly. */
bool witness_exact(struct compiler *c, uint32_t atom);
/* True where the atom has nothing better to be found by than that its key has a value. */
bool witness_is_presence(struct compiler *c, uint32_t atom);

/* program_code.c */
uint32_t code_program(struct compiler *c, uint32_t rule, uint32_t node);

/* group.c */
void group_build_all(struct compiler *c);

/* image_databases.c */
void image_databases(struct compiler *c);

/* image_write.c */
void image_describe_rules(struct compiler *c);
void image_atom_tables(struct compiler *c);
char *image_assemble(struct compiler *c, size_t *out_size);
#endif
