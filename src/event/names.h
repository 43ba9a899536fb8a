#ifndef EVENT_NAMES_H
#define EVENT_NAMES_H
/*
 * Field names as numbers, on two levels.
 *
 * `keys` are the names that rules and mappings know: made once for a generation, then only read, and shared by all
 * threads. They compare without case (ASCII), so that `commandline` in a JSON export meets a rule on CommandLine.
 *
 * `names` is one worker's table of spellings met in its input, each with its key (or none). It is bounded: a worker
 * calls names_begin_batch before a batch, and a table that grew past NAMES_KEEP is emptied there; within a batch it
 * cannot hold more than the batch's own bytes. A decoder that remembers name numbers across batches must drop them when
 * names_epoch changes.
 */
#include "base/arena.h"

#define KEY_NONE 0u		/* no rule and no mapping knows this name */

struct keys;
struct keys *keys_new(void);
void keys_free(struct keys *k);
uint32_t keys_add(struct keys *k, struct str name);		/* the number, from 1; adds where new */
uint32_t keys_find(const struct keys *k, struct str name);	/* KEY_NONE where unknown */
struct str keys_text(const struct keys *k, uint32_t key);	/* first spelling added */
uint32_t keys_count(const struct keys *k);			/* keys are 1..count */
/* True for Channel, EventID, Provider_Name and Computer: they mean the system field where there is one (event_next). */
bool keys_means_system(const struct keys *k, uint32_t key);

struct names;
#define NAMES_KEEP 8192u
/* `keys` may be NULL (decoding only); it must outlive the table. */
struct names *names_new(const struct keys *keys);
void names_free(struct names *n);
void names_begin_batch(struct names *n);
uint32_t names_epoch(const struct names *n);
uint32_t names_intern(struct names *n, struct str spelling);	/* copies the text where it is new */
/* The same for a name that a decoder spells again and again: looked up once in an epoch, then found by its slot. Slots
 * are shared out here: below NAMES_SLOTS_WEBLOG line/line_parts.h's, then those of the modules named. */
#define NAMES_SLOTS_WEBLOG 64u
#define NAMES_SLOTS_COLUMNS 96u
#define NAMES_SLOTS_PAIRS 112u
#define NAMES_SLOTS_AUDIT 144u
#define NAMES_SLOTS_JSON 192u
#define NAMES_SLOTS 256u
uint32_t names_fixed(struct names *n, uint32_t slot, struct str spelling);
struct str names_text(const struct names *n, uint32_t name);
uint32_t names_key(const struct names *n, uint32_t name);
uint8_t names_role(const struct names *n, uint32_t name);		/* roles.h */
const struct keys *names_keys(const struct names *n);
#endif
