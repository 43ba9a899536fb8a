#ifndef INTEL_SCAN_H
#define INTEL_SCAN_H
/*
 * Inside of intel: a matcher's parts. scan.c finds in a value what may be an indicator, hits.c makes matches of what was met.
 */
#include "base/buf.h"
#include "intel/parts.h"

struct intel_hit {
	uint32_t head;		/* the first entry of the key */
	uint32_t field;
	bool whole;		/* not only by a parent domain or without the query */
};

/*
 * Logs say the same again and again. A value in which nothing was met is kept as it lay in the event; where the same bytes
 * of the same kind come again, they are done. A newer value takes the place of an older one.
 */
#define CLEAN_BYTES 126u
#define CLEAN_SLOTS 4096u	/* a power of two */
struct scan_clean { uint8_t size, kind, bytes[CLEAN_BYTES]; };

struct intel_matcher {
	const struct intel *set;
	struct scan_clean *clean;	/* CLEAN_SLOTS of them */
	struct buf text;	/* a value, folded, with SCAN_PAD zero bytes behind it */
	VEC(struct intel_hit) hits;
	VEC(uint32_t) leaves;
	VEC(struct intel_match) matches;
	struct intel_matcher_stats stats;
	const struct event *event;
	uint32_t field;
	bool naive;		/* without any of the filters, tables and vector paths (intel_match_naive) */
};
#define SCAN_PAD 64u
#define HITS_MAX 65536u		/* of one event */

void hits_add(struct intel_matcher *m, uint32_t head, bool whole);
/* What was met, judged and in order, and the count. */
uint32_t hits_settle(struct intel_matcher *m, const struct event *e, const struct intel_match **out);
/* Looks a key up, and notes what was met. */
void scan_look(struct intel_matcher *m, enum intel_type type, const char *key, size_t n, bool whole);
void scan_look_address(struct intel_matcher *m, const uint8_t *bytes, size_t n);
/* naive.c: the same by comparing each entry. */
void naive_look(struct intel_matcher *m, enum intel_type type, const char *key, size_t n, bool whole);
void naive_look_address(struct intel_matcher *m, const uint8_t *bytes, size_t n);
/* The value's text in m->text, folded and padded; its length. */
size_t scan_fold(struct intel_matcher *m, const struct field *f, bool *out_dots, bool *out_hex);
/* scan_path.c: file names and paths that end at `end` in the folded text. */
void scan_name(struct intel_matcher *m, const char *t, size_t end);
void scan_path(struct intel_matcher *m, const char *t, size_t end);
#endif
