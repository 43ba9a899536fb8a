#ifndef SIGMA_MATCHER_INTERNAL_H
#define SIGMA_MATCHER_INTERNAL_H
/*
 * One thread's matcher. An event is run in steps: its source picks a group (matcher_route.c); the fields that the group
 * wants become slots, folded into one buffer and looked through for witnesses (matcher_fields.c); the programs that these
 * make candidates are run (matcher.c), and ask atoms as they go (matcher_atoms.c). What is remembered of an event is
 * stamped with its epoch, so that nothing needs clearing.
 */
#include "base/vec.h"
#include "sigma/image.h"
#include "sigma/naive.h"

#define SLOT_NONE UINT32_MAX
#define TEXT_NONE UINT32_MAX
/* A buffer past this is used and emptied: hostile events may name the same bytes thousands of times. */
#define MATCHER_BUFFER_MAX (64u << 20)

struct slot {			/* a value that may be asked for */
	const struct field *field;	/* NULL: the event's raw line */
	uint32_t key;
	uint32_t next;			/* of the same key */
	uint32_t scan_at, scan_n;	/* folded, in `scan` (scan_at == TEXT_NONE: not there) */
	uint32_t folded_at, folded_n;	/* folded, in `side`, while folded_round is the side's */
	uint32_t raw_at, raw_n;
	uint32_t folded_round, raw_round;
	bool keyword;			/* keywords look at it */
};

struct segment { uint32_t at, end, slot; };	/* of `scan`: end is the place of the closing 0xFF */

struct key_list {		/* the slots that answer to a key, in order */
	uint32_t epoch, head, tail;
	uint8_t space;		/* enum field_space of the listed */
};

struct dimension_memo { uint32_t value, n; char text[120]; };

#define KEY_BITS 512u
struct sigma_matcher_stats { uint64_t events, routed, slots, scanned, hits, candidates, regexes, lazy; };

struct sigma_matcher {
	const struct sigma_program *p;
	const struct event *e;
	const struct image_group *g;
	const uint8_t *wants;
	uint8_t seen;			/* the wants of all fields */
	uint32_t epoch;
	uint32_t *atom_state;		/* epoch << 1 | truth */
	uint32_t *atom_hinted;		/* epoch: its programs are candidates already */
	uint32_t *rule_epoch;
	uint32_t *set_epoch;		/* by regex set: searched */
	uint32_t *candidate_epoch;
	uint32_t *candidates, candidate_count;
	uint32_t *found, found_count;
	uint8_t *keep;			/* by rule; NULL: all */
	uint8_t *system_keys;		/* by key: means the system field */
	struct key_list *keys;
	VEC(struct slot) slots;
	VEC(struct segment) segments;
	uint32_t cursor;		/* the segment of the last literal met */
	struct buf scan, side;
	uint64_t have[KEY_BITS / 64];	/* bit key % KEY_BITS of each of the event's fields */
	uint32_t side_round;
	struct arena *arena;		/* of derived values, for one event */
	hs_scratch_t *scratch;
	struct regex_cache *regex_cache;
	const hs_database_t **literals;	/* those that the scratch is large enough for */
	struct dimension_memo memo[SIGMA_DIM_CHANNEL + 1];
	uint64_t class_key;
	const struct image_class *class;
	struct sigma_matcher_stats stats;
};

/* matcher_route.c */
const struct image_group *matcher_route(struct sigma_matcher *m);

/* matcher_fields.c */
void matcher_collect(struct sigma_matcher *m);		/* slots, and candidates by witness */
const struct key_list *matcher_key(struct sigma_matcher *m, uint32_t key);	/* NULL: no value */
struct str matcher_folded(struct sigma_matcher *m, uint32_t slot);	/* until the next call of either */
struct str matcher_raw(struct sigma_matcher *m, uint32_t slot);
bool matcher_is_null(const struct sigma_matcher *m, uint32_t slot);
/* The database with the scratch made fit for it. */
const hs_database_t *matcher_ready(struct sigma_matcher *m, const hs_database_t **known, const hs_database_t *made);

/* matcher_atoms.c */
bool matcher_find(struct str text, struct str literal);
bool matcher_pattern(const struct sigma_program *p, uint32_t pattern, struct str text);
bool matcher_atom(struct sigma_matcher *m, uint32_t atom);	/* asks anew */
static inline bool matcher_ask(struct sigma_matcher *m, uint32_t atom)
{
	uint32_t state = m->atom_state[atom];
	return state >> 1 == m->epoch ? state & 1 : matcher_atom(m, atom);
}

/* matcher.c */
void matcher_candidate(struct sigma_matcher *m, uint32_t program);
#endif
