#ifndef REGEX_REGEX_H
#define REGEX_REGEX_H
/*
 * Regexes of our own: "does it occur anywhere in this text?", in time linear in the text. An automaton over code points,
 * made deterministic piece by piece while texts are read (a lazy DFA), with a bound on what it keeps.
 *
 * Why not vectorscan, which matches the literals: the version that Debian 12 ships (5.4.9) loses matches of regexes
 * where it looks for two bytes at once (upstream issues 317 and 382): a(b|c).*[xy]z does not meet "ab", forty 'a's, "xz".
 *
 * The grammar is PCRE's as far as a regular language goes: . ^ $ | ( ) [ ] * + ? {n,m} lazy or not, (?:) (?<name>) (?#) and
 * the flags i m s x for the rest of a group or (?i:...); \d \w \s \b and their opposites (ASCII), \A \z \Z, \t \n \r \f
 * \v \a \e \0 \x41 \x{263a} \Q...\E, POSIX classes. Look-around, back-references, atomic and possessive groups are refused.
 */
#include "base/buf.h"

struct regex_flags { bool nocase, multiline, dotall; };

/* A compiled expression: one block without pointers, that may be kept, copied and compared as bytes (4-byte aligned, this
 * processor's byte order). */
struct regex {
	uint32_t bytes;			/* of the whole block */
	uint32_t inst_count;
	uint32_t range_count;
	uint32_t class_count;		/* of code points that no set tells apart */
	uint32_t set_count;
	uint32_t start;			/* the first instruction */
	uint32_t anchored;		/* it can only begin where the text begins */
	uint16_t ascii[128];		/* code point to class */
	/* followed by: insts[inst_count], ranges[range_count], set bits [set_count][words of class_count] */
};

#define REGEX_PATTERN_MAX 8192u
#define REGEX_INSTS_MAX 20000u
#define REGEX_DEPTH_MAX 100u
#define REGEX_REPEAT_MAX 1000u

/* Appends the compiled block to `out` (at a multiple of 4). 0; ERR_FORMAT where it is no regex, ERR_UNSUPPORTED where it
 * is not regular, ERR_LIMIT where it is too large: `why` says what, and *out_at is the byte of the pattern it is about. */
int regex_compile(struct str pattern, struct regex_flags flags, struct buf *out, struct buf *why, size_t *out_at)
	__attribute__((warn_unused_result));
struct regex_pattern { struct str text; struct regex_flags flags; };
/* One block that occurs where any of the patterns does. */
int regex_compile_any(const struct regex_pattern *patterns, size_t n, struct buf *out, struct buf *why, size_t *out_at)
	__attribute__((warn_unused_result));
/* Is this block (perhaps from a file) whole, and do its numbers stay inside it? */
bool regex_is_sound(const void *block, size_t n);

/* What one thread remembers of the expressions it ran; by the block's address, which must stay. Bounded. */
struct regex_cache;
#define REGEX_CACHE_BYTES (8u << 20)
struct regex_cache *regex_cache_new(void);
void regex_cache_free(struct regex_cache *c);
/* Does the expression occur in the text? Bad UTF-8 counts as U+FFFD, a byte at a time. */
bool regex_search(const struct regex *r, struct regex_cache *c, struct str text);
#endif
