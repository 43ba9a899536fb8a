#ifndef INTEL_PARTS_H
#define INTEL_PARTS_H
/*
 * Inside of intel: the set's parts, and what readers of formats call.
 */
#include "base/arena.h"
#include "base/vec.h"
#include "intel/intel.h"

enum {
	ENTRY_EXACT = 1,	/* no sub-domains, no other query */
	ENTRY_LEAF = 2,		/* part of a group: its origin's number is the group's */
};

struct intel_entry {
	const char *text;
	uint32_t n;
	uint32_t origin;
	uint32_t next;		/* another one with the same key, or NONE */
	uint8_t type, flags;
	uint8_t prefix;		/* addresses: bits */
};
#define NONE UINT32_MAX

/* What indicators that stand together share. */
struct intel_origin {
	int64_t from, until;
	const char *name;
	uint32_t name_n, file;
	uint8_t level;
};

/* All leaves, which are consecutive entries, must be met in one event. */
struct intel_group {
	uint32_t first, count;
	uint32_t origin;
	struct str text;
};
#define ID_GROUP 0x80000000u	/* intel_match.id of a group: its index with this bit */

struct intel_slot { uint32_t hash, entry; };

/* What ends in a label ("com", "exe") can be of these kinds: a first look at each dot of a value. */
enum { TAIL_HOST = 1, TAIL_NAME = 2, TAIL_PATH = 4, TAIL_EMAIL = 8, TAIL_URL = 16 };
#define TAILS 8192u

struct allow;

struct intel {
	struct diags *diags;
	int64_t now;
	bool judge_now, frozen;
	struct arena *texts;
	VEC(struct intel_entry) entries;
	VEC(struct intel_origin) origins;
	VEC(struct intel_group) groups;
	VEC(struct str) files;
	struct allow *allow;
	struct intel_counts counts;
	/* after intel_freeze */
	struct intel_slot *slots;
	size_t slot_mask;
	uint64_t *bloom;
	size_t bloom_mask;
	uint64_t v4_lengths;		/* bit n: there is a prefix of n bits; of 32 too */
	uint64_t v6_lengths[3];
	uint64_t agent_lengths[16];	/* bit n % 1024: there is a whole-value indicator of so many bytes */
	uint8_t tails[TAILS];
	uint64_t path_names[1024];	/* bits by intel_name_slot of the last part of paths */
	bool has_v4, has_v6, has_url, has_url_address, has_url_bare, has_email_address;
	bool has_hash, has_agent, has_mutex, has_bare_name, has_bare_path, has_registry;
	bool dotted;			/* anything that a dot leads to */
};

/* --- values (value.c) --- */

/* An undone defanging, without quotes and space around: hxxp, [.], (dot), [at] ... `out` has room for s.n bytes. */
size_t intel_refang(struct str s, char *out);
/* What a value without a type looks like; INTEL_TYPES where that is unclear. `s` is refanged. */
enum intel_type intel_guess(struct str s);
/*
 * The form in which values are compared: folded text, or an address's or hash's bytes. 0 < length, or 0 where `s` is no
 * value of this type. *out_prefix is set for addresses. KEY_MAX bytes of room.
 */
#define KEY_MAX (3 * INTEL_VALUE_MAX + 64)
size_t intel_key(enum intel_type type, struct str s, char *out, uint8_t *out_prefix);
bool intel_parse_v4(struct str s, uint8_t out[4]);
bool intel_parse_v6(struct str s, uint8_t out[16]);
/* The label that a name's last dot leads to (what tails[] holds), or {NULL, 0}. */
struct str intel_tail(struct str key);
uint32_t intel_tail_slot(const char *label, size_t n);
/* A small hash of a file's name, of up to 65,536. `p` has 8 bytes or more behind its beginning. */
uint32_t intel_name_slot(const char *p, size_t n);
/* Of a URL's key: its host without the port. */
struct str intel_url_host(struct str key);
extern const uint8_t intel_label_chars[256];	/* letters, digits, '-', '_', bytes above 0x7F */

/* --- adding (set.c) --- */

/* Where in the source a value stands, and what holds for it. Filled by the readers. */
struct intel_context {
	struct intel *set;
	uint32_t file, line;
	struct intel_origin origin;	/* .file and .name are kept as they are */
};
void intel_begin(struct intel *set, struct str file, struct intel_context *out);
/* Adds one value of a known type, refanged here; counts and tells what is wrong with it. True where it was added. */
bool intel_add(struct intel_context *c, enum intel_type type, struct str value, unsigned flags);
/* `type` as the documents of the world write it ("ip-dst", "domain", "SHA256"); INTEL_TYPES: unknown. */
enum intel_type intel_type_of(struct str name);
void intel_refuse(struct intel_context *c, const char *code, const char *why, struct str what);
void intel_pass(struct intel_context *c, const char *code, const char *why, struct str what);
void intel_warn(struct intel_context *c, const char *code, const char *why, struct str what);
/* Of the whole file; ERR_FORMAT. */
int intel_not_understood(struct intel_context *c, const char *why);
/* The number of c->origin, for entries and groups. */
uint32_t intel_origin_of(struct intel_context *c);
/* At most so many bytes of a value in a message, with escapes for what is not printable. */
struct str intel_shown(struct intel *set, struct str s);

/* --- formats --- */

int intel_read_lines(struct intel_context *c, struct str text);
int intel_read_json(struct intel_context *c, struct str text);
bool intel_parse_time(struct str s, int64_t *out);

/* --- look-up (table.c) --- */

uint64_t intel_hash(enum intel_type type, uint8_t prefix, const char *key, size_t n);
/* The first entry of this key, or NONE. */
uint32_t intel_find(const struct intel *set, enum intel_type type, uint8_t prefix, const char *key, size_t n);
void intel_build(struct intel *set);
#endif
