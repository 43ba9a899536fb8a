#ifndef INTEL_PATTERN_H
#define INTEL_PATTERN_H
/*
 * STIX 2.1's patterning language, all of its grammar: a text to a tree. What the tree means is lower.c's.
 */
#include "base/arena.h"

#define PATTERN_TEXT_MAX 65536u
#define PATTERN_DEPTH_MAX 64u		/* of parentheses */
#define PATTERN_NODES_MAX 4096u

enum pattern_op {
	PATTERN_EQ, PATTERN_NE, PATTERN_LT, PATTERN_LE, PATTERN_GT, PATTERN_GE, PATTERN_IN, PATTERN_LIKE, PATTERN_MATCHES,
	PATTERN_ISSUBSET, PATTERN_ISSUPERSET, PATTERN_EXISTS
};

enum pattern_literal { PATTERN_STRING, PATTERN_INT, PATTERN_FLOAT, PATTERN_HEX, PATTERN_BINARY, PATTERN_TIME, PATTERN_BOOL };

struct pattern_value {
	enum pattern_literal kind;
	struct str text;		/* of a string unescaped, else as it is written without quotes and prefix */
};

/* A step of an object path: a property's name, or an index in brackets. */
struct pattern_step {
	bool is_index;
	struct str text;		/* the name; the number, or "*" */
};
#define PATTERN_STEPS_MAX 16u

struct pattern_test {
	struct str object;		/* "ipv4-addr" */
	struct pattern_step steps[PATTERN_STEPS_MAX];
	unsigned step_count;
	enum pattern_op op;
	bool negated;
	struct pattern_value *values;	/* one, or a set's */
	size_t value_count;
};

enum pattern_kind {
	PATTERN_TEST, PATTERN_TEST_AND, PATTERN_TEST_OR,		/* within [ ] */
	PATTERN_OBSERVATION, PATTERN_AND, PATTERN_OR, PATTERN_FOLLOWEDBY	/* around; an observation's tests are `left` */
};

enum { PATTERN_HAS_WINDOW = 1, PATTERN_HAS_WITHIN = 2, PATTERN_HAS_REPEATS = 4 };

struct pattern_node {
	enum pattern_kind kind;
	struct pattern_node *left, *right;
	struct pattern_test *test;
	unsigned qualifiers;		/* PATTERN_HAS_ bits, of observations and what joins them */
	int64_t start, stop;		/* ticks */
	uint64_t repeats;
};

struct pattern_error {
	size_t at;			/* byte */
	const char *message;		/* static */
};

/* The tree, in the arena, with texts borrowed from `text` where they have no escapes; NULL with *out_error set. */
struct pattern_node *pattern_parse(struct str text, struct arena *a, struct pattern_error *out_error);
#endif
