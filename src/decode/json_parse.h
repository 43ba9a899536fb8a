#ifndef DECODE_JSON_PARSE_H
#define DECODE_JSON_PARSE_H
/*
 * The inside of the JSON decoder: one object to the flat fields of an event, in one pass. It is compiled twice from
 * json_hot.h, for AVX2 and for the x86-64 baseline (SSE2); both give the same.
 *
 * The parser looks at no end pointer: the caller sees to it that the object is followed by a byte that no JSON text
 * holds there (LF in line input, where LF is no white space; NUL in object input) and that JSON_PAD bytes behind that
 * one may be read.
 *
 * Names are not hashed as a rule. Each name that stood in some place (below a given parent) is an entry, and which entry
 * comes next is predicted by all the names that came before it in the object: a table indexed by a hash of those holds
 * the entry that followed the last time. The prediction is proved by comparing bytes, so it changes speed only.
 */
#include "base/vec.h"
#include "decode/json.h"
#include "decode/wrapper.h"

#define JSON_PAD 64u
#define JSON_ROOT 0u		/* the entry that stands for the object itself */
#define JSON_KEY_SHORT 31u	/* names up to this length are predicted */
#define JSON_PREDICT_BITS 12
#define JSON_ENTRIES_KEEP 16384u
#define JSON_TEXTS_KEEP (4u << 20)

/* A name below a parent. */
struct json_entry {
	char quoted[32];	/* the name as written, with the quote behind it, where it is short */
	uint32_t mask;		/* bit i: quoted[i] counts */
	uint32_t parent;	/* entry; UINT32_MAX where it is not to be predicted */
	uint32_t size;		/* bytes of the name as written */
	uint32_t name, key;	/* flattened: event/names.h */
	uint32_t path_size;	/* bytes of the flattened name */
	uint32_t role;		/* wrapper.h */
	uint32_t real_parent;
	const char *raw;	/* the name as written, whole */
};

struct json_state {
	VEC(struct json_entry) entries;
	VEC(struct wrapper_name) meanings;	/* beside entries */
	uint32_t *slots;			/* hash table of entries: index, 0 where free */
	uint32_t slot_mask;
	uint32_t *predict;			/* 1 << JSON_PREDICT_BITS entries */
	uint32_t *of_field;			/* the entry of each field of the event at hand */
	uint32_t of_field_cap;
	struct arena *texts;
	struct buf path;			/* scratch */
	struct wrapper_system system;
	const struct names *names;		/* what the numbers belong to */
	uint32_t epoch;
	/* Which way the hot path goes; the tests set them to compare. */
	bool no_avx2, no_prediction;
};

struct json_parse {
	struct json_state *state;
	struct event *e;
	char *out;			/* unescaped text goes here; there is room for as many bytes as are parsed, and JSON_PAD */
	bool lines;			/* LF is no white space */
	const char *first;		/* the object's first byte */
	uint64_t names_bytes;		/* of the flattened names met in it */
	uint32_t members;
	struct wrapper_seen seen;
	/* Set on failure: */
	enum decode_cause cause;
	const char *error;		/* static */
	const char *error_at;
};

/*
 * Parses the object that begins at p ('{') into j->e: returns what stands behind it, or NULL. Another value is checked
 * only; what it leaves in j->e is void.
 */
const char *json_parse_avx2(struct json_parse *j, const char *p);
const char *json_parse_sse2(struct json_parse *j, const char *p);

/* The parts that are not hot. All of them return NULL (or false) on failure, with the error set. */
const char *json_fail(struct json_parse *j, const char *at, const char *error);
const char *json_fail_limit(struct json_parse *j, const char *at, const char *error);
const char *json_skip_space(const struct json_parse *j, const char *p);
/* The name at p, behind its quote; *out_entry is its entry. Returns what stands behind its closing quote. */
const char *json_find_name(struct json_parse *j, const char *p, uint32_t parent, uint32_t *out_entry);
/* One escape at p ('\\'): writes up to 4 bytes to *out and moves it on. */
const char *json_unescape(struct json_parse *j, const char *p, char **out);
extern const char json_escapes[256];	/* what stands for the byte behind a backslash; 0: more is to be done */
const char *json_number(struct json_parse *j, const char *p);
bool json_grow_fields(struct json_parse *j, const char *p);

void *json_state_new(void);
void json_state_free(void *state);
/* Before each block: drops what belongs to another generation of names. Before each object: what grew too large. */
void json_state_begin_block(struct json_state *s, struct names *names);
void json_state_begin_object(struct json_state *s, struct names *names);
#endif
