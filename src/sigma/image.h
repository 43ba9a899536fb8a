#ifndef SIGMA_IMAGE_H
#define SIGMA_IMAGE_H
/*
 * The image of a compiled rule set: one run of bytes that holds every table, addressed by element numbers, so that it can
 * be written to a file as it stands and read back in place. image_write.c puts it together, image_load.c checks it and
 * makes a struct sigma_program of it. Private to the evaluator (program.h is the door).
 *
 * Layout: struct image_header, then the sections, each aligned to 64 bytes, each an array of one type of the list below.
 * All numbers are of the host; another kind of host is ERR_STALE. Databases are as hs_serialize_database wrote them, and
 * are made usable when the first event asks for them. The SHA-256 finds damage, not malice: who may write the file is the
 * caller's business.
 */
#include <hs.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "sigma/program.h"
#include "regex/regex.h"

#define IMAGE_MAGIC "trucSIG2"
#define IMAGE_FORMAT 5u
#define IMAGE_NONE UINT32_MAX
#define IMAGE_ALIGN 64u

struct ref { uint32_t at, n; };		/* bytes of the text section; at == IMAGE_NONE: STR_NONE */
struct span { uint32_t at, n; };	/* elements of another table */

struct image_rule {
	struct ref id, title, status, author, file, description;
	uint32_t level;
	struct span tags, fields;	/* refs */
	struct span variants;
	struct span feeds;		/* refs */
	uint32_t silent;
};

struct image_variant {
	uint32_t rule;
	struct span looked;
	struct span feed_keys;		/* numbers: a key for each of the rule's feeds */
	struct span sources;		/* numbers: sources that stand at the top of the variant */
};

/* Of rules that stand behind those with variants; ascending by rule, and each behind those that it names. */
struct image_correlation {
	uint32_t rule, type, generate, condition_count;
	struct span groups, values;	/* refs */
	struct span inputs;
	uint32_t ops[CORRELATE_CONDITIONS_MAX];
	int64_t timespan;
	double numbers[CORRELATE_CONDITIONS_MAX], percentile;
};
struct image_input { uint32_t rule; struct span groups, values; };	/* numbers: see struct sigma_input */

struct image_looked { struct ref name; uint32_t key; };
struct image_source { uint32_t dimension, strict; struct span texts, ids; };
struct image_derived { uint32_t key, kind; struct span parts, pairs; };
struct image_derive_part { struct ref text; uint32_t key; };
struct image_derive_pair { struct ref from, to; };

/* The shapes of a string pattern; all but GLOB test one literal. */
enum pattern_form { PATTERN_EQUAL, PATTERN_CONTAINS, PATTERN_STARTS, PATTERN_ENDS, PATTERN_GLOB, PATTERN_FORMS };
struct image_pattern {
	uint32_t form;
	struct ref text;
	struct span parts;		/* GLOB */
};
struct image_part { uint32_t kind; struct ref text; };

/*
 * An atom is one question to an event: does any value of `key` match any of the patterns; or one of the other tests; or
 * does its source conflict. ATOM_SOURCE is beside enum sigma_test.
 */
#define ATOM_SOURCE 100u
enum { ATOM_KEYWORD = 1, ATOM_CASED = 2 };
struct image_atom {
	uint32_t test, flags, key;
	struct span patterns;		/* STRING: numbers */
	struct span table;		/* STRING with many plain values: image_slot, a power of two; n == 0: none */
	struct span loose;		/* STRING: numbers: the patterns that the table does not hold */
	uint32_t extra;			/* source, match or regex number */
	uint32_t set;			/* REGEX: of regex_sets; IMAGE_NONE: looked for alone */
};

/* Regexes that the events of many groups must be searched for in any case: all of a key's at once. */
struct image_regex_set { uint32_t key, database; struct span atoms; };	/* numbers: by the engine's match number */

struct image_slot {			/* open addressing; n == 0: empty */
	uint64_t hash;
	uint32_t at, n;			/* atom table: pattern, 1; group table: hits */
};

/* The tests that the shared functions of naive.h answer. */
struct image_match {
	uint32_t test, cased, compare, wanted, other_key, anchor, part, bits, v6, keyword;
	double number;
	uint8_t address[16];
};

/*
 * A program is one rule's condition with what a group knows filled in: a chain of questions, each with the place to go
 * on for yes and for no. Jumps lead forward only.
 */
#define OP_YES UINT32_MAX
#define OP_NO (UINT32_MAX - 1)
#define OP_EAGER 0x80000000u		/* of op.atom: whoever looked for witnesses has found the atom, or it is false */
struct image_op { uint32_t atom, yes, no; };
struct image_program { uint32_t rule; struct span ops; };	/* no ops: always true */

/* What a literal of a group's database, or an entry of its hash table, says when it is met in a field of that key. */
enum {
	HIT_EXACT = 1,			/* the atom is true; else only perhaps */
	HIT_ASK = 2,			/* ask the atom: its programs become candidates where it is true */
};
struct image_hit {
	uint32_t atom, key, flags;
	uint32_t pattern;		/* hash entries: compare with this one */
	struct span programs;		/* numbers: of the group's programs, which become candidates */
};

/* What a group wants of a key (one byte each, at group.keys). */
enum {
	WANT_LIST = 1, WANT_SCAN = 2, WANT_EQUAL = 4, WANT_BASE = 8, WANT_PATH = 16, WANT_PRESENT = 32,
	WANT_HASHED = WANT_EQUAL | WANT_BASE | WANT_PATH | WANT_PRESENT,
	WANT_WITNESS = WANT_SCAN | WANT_HASHED,
	WANT_COMPANION = 64,		/* the group's companion has witnesses of this key */
};
enum {
	GROUP_ALL_VALUES = 1,		/* keywords look at every value */
	GROUP_COMPANION_ALWAYS = 2,	/* the companion is run even where no field has one of its keys */
	GROUP_ODD_KEYWORDS = 4,		/* a keyword's literal could stand in a number, a time, an identifier */
};
struct image_group {
	struct span programs;		/* numbers */
	struct span always;		/* numbers: of its programs, those without a witness */
	uint32_t database;		/* IMAGE_NONE: no literals */
	uint32_t flags;
	struct span literals;		/* spans (of hits), one a literal of the database */
	struct span table;		/* image_slot: a power of two, or none */
	uint32_t keys;			/* at this byte: key_count + 1 bytes */
	struct span derived;		/* numbers: derived fields that are looked through for witnesses */
	/*
	 * A group of programs that passed only because the event does not say its service or category (web server rules,
	 * for Windows events): run where the event has one of their keys. IMAGE_NONE: none.
	 */
	uint32_t companion;
};

struct image_blob { uint64_t at, n; uint64_t size; };	/* bytes of the blob section; size: when made usable */

/* Routing: texts of a dimension that the set names; classes of (product, service, category); rows of event ids. */
enum { VALUE_OPEN, VALUE_ABSENT, VALUE_OTHER, VALUE_NAMED };	/* numbers: the named ones from VALUE_NAMED on */
struct image_value { uint32_t dimension, number, prefix; struct ref text; };
struct image_class { uint32_t product, service, category; struct span rows; };	/* rows: numbers, by channel value */
/* Groups: of ids (ascending), of any other id, of events without an id, of events whose id is not to be relied on. */
struct image_row { struct span ids; uint32_t other, absent, open; };
struct image_id { int64_t id; uint32_t group, pad; };

#define IMAGE_SECTIONS(X)                                                                                              \
	X(text, char) X(refs, struct ref) X(numbers, uint32_t) X(spans, struct span) X(counts, struct sigma_counts)    \
	X(rules, struct image_rule) X(variants, struct image_variant) X(looked, struct image_looked)                   \
	X(sources, struct image_source) X(ids, int64_t) X(key_names, struct ref) X(derived, struct image_derived)      \
	X(derive_parts, struct image_derive_part) X(derive_pairs, struct image_derive_pair)                            \
	X(atoms, struct image_atom) X(patterns, struct image_pattern) X(parts, struct image_part)                      \
	X(slots, struct image_slot) X(matches, struct image_match) X(ops, struct image_op)                             \
	X(programs, struct image_program) X(groups, struct image_group) X(hits, struct image_hit)                      \
	X(wants, uint8_t) X(values, struct image_value) X(classes, struct image_class) X(rows, struct image_row)       \
	X(row_ids, struct image_id) X(literal_dbs, struct image_blob) X(regex_dbs, struct image_blob)                \
	X(regex_sets, struct image_regex_set) X(correlations, struct image_correlation) X(inputs, struct image_input) \
	X(blob, char)

enum image_section {
#define X(name, type) IMAGE_##name,
	IMAGE_SECTIONS(X)
#undef X
	IMAGE_SECTION_COUNT
};

struct image_header {
	char magic[8];
	uint8_t sha256[SHA256_SIZE];	/* of all that follows */
	uint32_t format, header_bytes;
	char engine[64];		/* hs_version() */
	uint64_t cpu_features, cpu_tune;
	uint64_t total_bytes;
	uint32_t event_id_key, section_count;
	struct { uint64_t at, n; } sections[IMAGE_SECTION_COUNT];
};

struct sigma_program {
	char *bytes;			/* the image */
	size_t size;
	const struct image_header *header;
#define X(name, type) const type *name;
	IMAGE_SECTIONS(X)
#undef X
#define X(name, type) uint32_t name##_count;
	IMAGE_SECTIONS(X)
#undef X
	/* made of the image when it is loaded */
	struct arena *arena;
	struct keys *keys;
	struct sigma_rule_info *infos;
	struct sigma_correlation *correlation_objects;	/* by correlation number */
	struct sigma_match *match_objects;	/* by match number */
	struct sigma_part *part_objects;	/* by part number */
	struct sigma_source *source_objects;	/* by source number */
	struct sigma_derived *derived_objects;
	uint32_t *derived_of_key;		/* by key: number + 1, or 0 */
	struct map *value_maps[SIGMA_DIMS];
	_Atomic(hs_database_t *) *literal_ready;
};

static inline struct str image_text(const struct sigma_program *p, struct ref r)
{
	return r.at == IMAGE_NONE ? STR_NONE : (struct str){p->text + r.at, r.n};
}

/* The hashes of group and atom tables: of a whole folded value, and of what stands behind its last separator. */
static inline uint64_t hash_equal(struct str folded, uint32_t salt) { return hash64(folded.p, folded.n, salt * 4u); }
static inline uint64_t hash_base(struct str folded, uint32_t salt) { return hash64(folded.p, folded.n, salt * 4u + 1); }
static inline uint64_t hash_path(struct str folded, uint32_t salt) { return hash64(folded.p, folded.n, salt * 4u + 2); }
static inline uint64_t hash_present(uint32_t key) { return hash64(NULL, 0, key * UINT64_C(4) + 3); }
/* What stands behind the last `separator`; STR_NONE without one. */
struct str image_last_component(struct str text, char separator);
/* The literal of an ENDS pattern is a separator and a last component: 0, '\\' or '/'. */
char image_base_separator(struct str literal);

/* Classes are sorted by this. */
static inline uint64_t image_class_key(const struct image_class *c)
{
	return (uint64_t)c->product << 42 | (uint64_t)c->service << 21 | c->category;
}

/* Which processor an image is for. */
void image_platform(struct image_header *h);

/* Takes `bytes` (from aligned_alloc by IMAGE_ALIGN), also where it fails. */
int image_open(char *bytes, size_t size, struct sigma_program **out) __attribute__((warn_unused_result));
/* 0, or ERR_FORMAT where a table points outside another. The section pointers are set already. */
int image_check(const struct sigma_program *p) __attribute__((warn_unused_result));

/* A database, made usable on first use by any thread; NULL where the bytes are refused by the engine. */
const hs_database_t *image_literals(const struct sigma_program *p, uint32_t database);
/* NULL: too large for the engine, matches nothing. */
const struct regex *image_regex(const struct sigma_program *p, uint32_t regex);
#endif
