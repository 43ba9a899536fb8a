#ifndef DECODE_EVTX_XML_H
#define DECODE_EVTX_XML_H
/*
 * Inside of the EVTX decoder: binary XML of one chunk (detection.md 2.4 to 2.8).
 *
 * A template definition is compiled once for each chunk to a flat list of ops, one for each field that it gives; a
 * record is then its values laid over that list. Compiled templates are found by the definition's offset in this chunk
 * and the stage at which it stands, never by GUID: a hostile file may reuse one. Everything here is void at the next chunk.
 */
#include <string.h>

#include "base/vec.h"
#include "decode/evtx.h"

/* Where in the event an element stands; decides how its children are named. */
enum evtx_stage {
	EVTX_AT_ROOT,		/* outside Event */
	EVTX_IN_EVENT,
	EVTX_IN_SYSTEM,
	EVTX_IN_EVENTDATA,
	EVTX_IN_USERDATA,	/* the children are wrappers, theirs are fields */
	EVTX_IN_BODY,		/* the children are fields */
	EVTX_IN_RENDERING,
};

enum evtx_code {
	EVTX_LITERAL,	/* the field as compiled */
	EVTX_VALUE,	/* the field with the value of `slot` */
	EVTX_JOIN,	/* the next `slot` ops are pieces of one text */
	EVTX_NAME,	/* the next op's field is named by the value of `slot` */
	EVTX_MARK,	/* the event is flagged EVENT_PARTIAL */
};

/* System fields that struct event has eagerly. */
enum evtx_known { EVTX_UNKNOWN, EVTX_EVENT_ID, EVTX_TIME, EVTX_RECORD, EVTX_CHANNEL, EVTX_PROVIDER, EVTX_KNOWNS };

struct evtx_op {
	struct field field;	/* name, key and space; of a literal the value too */
	uint16_t slot;
	uint8_t code, known;
	uint8_t optional;	/* no value: no field */
	uint8_t container;	/* Event, EventData, UserData: no value is no field either */
	uint8_t stage;		/* of the elements within the value, where it is XML */
};

struct evtx_template {
	uint32_t epoch;		/* valid where it is the state's */
	uint32_t id;		/* offset * 8 + stage */
	uint32_t first_op, op_count;
	uint32_t skip;		/* bytes from the definition's start to its end */
	bool damaged;
};

struct evtx_value {
	const uint8_t *p;
	uint16_t size;
	uint8_t type;
};

/* The last text that a known field had, so that equal bytes are not rendered again. */
struct evtx_memo {
	const void *data;
	uint32_t size;
	uint8_t kind;
	struct str text;
};

#define EVTX_CHUNK_HEAD 512u
#define EVTX_RECORD_LEAST 28u		/* a record's head and the copy of its size */
#define EVTX_NAME_MAX 512u		/* UTF-16 units of an element's, attribute's or field's name */
#define EVTX_ELEMENT_DEPTH_MAX 32u	/* elements within elements of one template */
#define EVTX_NEST_MAX 16u		/* binary XML within values */
#define EVTX_OPS_MAX 32768u		/* of a chunk */
#define EVTX_TEMPLATES_MAX 1024u	/* of a chunk */
#define EVTX_TEMPLATE_SLOTS 2048u
#define EVTX_PIECES_MAX 4096u
#define EVTX_VALUES_MAX (EVTX_CHUNK / 4 + 64)	/* each descriptor takes four bytes of the chunk */
#define EVTX_COMPILE_BYTES (1u << 20)	/* definition bytes read for one chunk, overlapping ones as often as they are named */
/* What the values of one record and of one chunk may come to, counting a value as often as it is used. */
#define EVTX_RECORD_BYTES INT64_C(1048576)
#define EVTX_RECORD_BYTES_LEAST INT64_C(8192)
#define EVTX_CHUNK_BYTES INT64_C(8388608)
#define EVTX_FIELD_COST 16

struct evtx_state {
	struct decode_ctx *ctx;
	const uint8_t *chunk;
	uint32_t size;			/* of the chunk: 65,536 but for a cut one */
	uint32_t epoch;
	struct event event;
	bool damaged;			/* this record: binary XML that cannot be read */
	bool limited;			/* this record: more fields or bytes than allowed */
	bool carving;			/* deleted records: what they point to may have been overwritten (evtx_carve.h) */
	int64_t record_left, chunk_left;
	uint32_t compile_left;
	uint32_t op_count, piece_count, value_count, template_count;
	struct evtx_memo memo[EVTX_KNOWNS];
	struct evtx_template templates[EVTX_TEMPLATE_SLOTS];
	struct evtx_op pieces[EVTX_PIECES_MAX];
	struct evtx_op ops[EVTX_OPS_MAX];
	struct evtx_value values[EVTX_VALUES_MAX];
	struct evtx_carve *carve;	/* NULL until it is needed */
};

static inline uint16_t evtx_u16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint32_t evtx_u32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint64_t evtx_u64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

/* A record stands at p + at, before p + end: its size, or 0. */
static inline uint32_t evtx_record_size(const uint8_t *p, uint32_t at, uint32_t end)
{
	static const uint8_t magic[4] = {0x2a, 0x2a, 0, 0};
	if (end - at < EVTX_RECORD_LEAST || memcmp(p + at, magic, 4) != 0)
		return 0;
	uint32_t size = evtx_u32(p + at + 4);
	return size >= EVTX_RECORD_LEAST && size <= end - at && evtx_u32(p + at + size - 4) == size ? size : 0;
}

/* Reads a whole record that is carved into s->event; sets s->damaged, s->limited. */
void evtx_carve_body(struct evtx_state *s, const uint8_t *record, uint32_t size);
/* Forgets the chunk's templates, and allows as much work as for a new chunk. */
void evtx_begin_templates(struct evtx_state *s);

/* Compiles it into its empty place in the table; NULL where there is none or a limit is met. */
const struct evtx_template *evtx_template_new(struct evtx_state *s, uint32_t offset, enum evtx_stage stage,
					      struct evtx_template *t);

/*
 * The template whose definition begins at `offset`, compiled for `stage`; NULL where there is none or a limit is met.
 * It lives until the next chunk.
 */
static inline const struct evtx_template *evtx_template_at(struct evtx_state *s, uint32_t offset, enum evtx_stage stage)
{
	uint32_t id = offset * 8 + stage, at = id * UINT32_C(0x9E3779B1) >> 21;	/* 2,048 slots */
	struct evtx_template *t;
	for (; (t = &s->templates[at])->epoch == s->epoch; at = (at + 1) % EVTX_TEMPLATE_SLOTS)
		if (t->id == id)
			return t;
	return evtx_template_new(s, offset, stage, t);
}

/* Compiles the element at p (its token first) that stands outside any definition into *out, which is not kept in the table.
 * Returns where it ends, NULL where it cannot be read; *out has what was understood either way. */
const uint8_t *evtx_compile_element(struct evtx_state *s, const uint8_t *p, const uint8_t *end, enum evtx_stage stage,
				    struct evtx_template *out);

/* Reads binary XML at p into s->event; sets s->damaged, s->limited. */
void evtx_run(struct evtx_state *s, const uint8_t *p, const uint8_t *end, enum evtx_stage stage, unsigned depth);
/* The same where records are carved (s->carving): definitions and names are checked, and looked for elsewhere. */
void evtx_run_carved(struct evtx_state *s, const uint8_t *p, const uint8_t *end, enum evtx_stage stage, unsigned depth);
#endif
