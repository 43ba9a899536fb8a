#ifndef REGEX_PARTS_H
#define REGEX_PARTS_H
/*
 * What the halves of the regex engine share: parse.c reads a pattern to a tree, compile.c makes the block of it,
 * dfa.c runs it.
 */
#include "base/arena.h"
#include "base/vec.h"
#include "regex/regex.h"

#define REGEX_CODE_MAX 0x10FFFFu

struct regex_range { uint32_t first, last; };
typedef VEC(struct regex_range) regex_ranges;

enum regex_assert {
	REGEX_TEXT_BEGIN, REGEX_TEXT_END, REGEX_TEXT_END_LF,	/* \A \z \Z */
	REGEX_LINE_BEGIN, REGEX_LINE_END,			/* ^ $ of multiline */
	REGEX_WORD_EDGE, REGEX_NO_WORD_EDGE,
};

enum regex_node_kind { REGEX_EMPTY, REGEX_SET, REGEX_CAT, REGEX_ALT, REGEX_REPEAT, REGEX_ASSERT };
struct regex_node {
	enum regex_node_kind kind;
	enum regex_assert assert;
	uint32_t set;			/* index of the parser's sets */
	uint32_t min, max;		/* REPEAT; max UINT32_MAX: no end */
	struct regex_node *child;	/* first child of CAT and ALT, in order; REPEAT's */
	struct regex_node *next;	/* sibling */
};

struct regex_set { const struct regex_range *at; size_t n; };	/* sorted, apart */

struct regex_parser {
	struct str text;
	size_t at;
	unsigned depth;
	struct regex_flags flags;
	bool extended;
	struct arena *arena;
	struct regex_range *folds;	/* {code point, its folded form} of all that differ, beyond ASCII; made when needed */
	size_t fold_count;
	VEC(struct regex_set) sets;
	struct buf *why;
	int error;
	size_t error_at;
};

/* The whole pattern; NULL with p->error. */
struct regex_node *regex_parse(struct regex_parser *p);

enum regex_op { REGEX_OP_SET, REGEX_OP_SPLIT, REGEX_OP_ASSERT, REGEX_OP_MATCH };
struct regex_inst {
	uint32_t op;
	uint32_t x;		/* next */
	uint32_t y;		/* SPLIT: the other next; SET: the set; ASSERT: which */
};
struct regex_border { uint32_t first, class; };		/* code points from 128 on: the class from `first` on */

static inline const struct regex_inst *regex_insts(const struct regex *r)
{
	return (const struct regex_inst *)(const void *)(r + 1);
}

static inline const struct regex_border *regex_borders(const struct regex *r)
{
	return (const struct regex_border *)(const void *)(regex_insts(r) + r->inst_count);
}

static inline uint32_t regex_set_words(const struct regex *r)
{
	return (r->class_count + 31) / 32;
}

static inline const uint32_t *regex_set_bits(const struct regex *r, uint32_t set)
{
	return (const uint32_t *)(const void *)(regex_borders(r) + r->range_count) + (size_t)set * regex_set_words(r);
}
#endif
