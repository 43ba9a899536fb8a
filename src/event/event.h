#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H
/*
 * An event is what a decoder makes of a record: an array of fields, and what is known of its time and source.
 *
 * Values are lazy: a field points at the bytes as they stand in the input (UTF-8 or UTF-16 text, a little-endian
 * number, a FILETIME, a SID ...) and is rendered to text only when somebody asks (value.h). The bytes are borrowed from
 * the batch: the input block or the batch's arena. A field that occurs several times stands in the array several
 * times, in order. All of it is void when the worker resets the batch.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "event/names.h"

enum value_kind {
	VALUE_NULL,		/* JSON null; EVTX null where the element is kept */
	VALUE_TEXT,		/* UTF-8, perhaps with bad bytes; may be empty */
	VALUE_NUMBER,		/* the source text of a JSON number */
	VALUE_TRUE, VALUE_FALSE,/* JSON; renders as true, false */
	/* EVTX's kinds, raw little-endian bytes; the text form is detection.md 2.7 */
	VALUE_UTF16,		/* UTF-16LE text; trailing NULs are not part of it */
	VALUE_ANSI,		/* 8-bit text: UTF-8 where it is valid, else Windows-1252 */
	VALUE_INT, VALUE_UINT,	/* 1, 2, 4 or 8 bytes */
	VALUE_FLOAT,		/* 4 or 8 bytes */
	VALUE_BOOL,		/* 4 bytes (others in damaged files) */
	VALUE_BINARY,		/* upper-case hex */
	VALUE_GUID,		/* 16 bytes */
	VALUE_HEX,		/* 4 or 8 bytes, 0x lower case, no padding; also size_t */
	VALUE_FILETIME, VALUE_SYSTEMTIME,
	VALUE_SID,
	VALUE_KINDS
};

enum field_space {
	FIELD_DATA,		/* EventData, UserData, a JSON object's members, a log line's pairs */
	FIELD_SYSTEM,		/* Event/System and what the decoder knows of the frame: Channel, Computer, syslog's host */
};

struct field {
	const void *data;
	uint32_t size;		/* bytes at data */
	uint32_t name;		/* in the event's names */
	uint32_t key;		/* names_key(name), kept here for the matcher */
	uint8_t kind;		/* enum value_kind */
	uint8_t space;		/* enum field_space */
	uint16_t flags;
};

enum {
	FIELD_DAMAGED = 1,	/* the value did not have the shape that its type asks for */
};

#define EVENT_FIELDS_MAX 65536u
#define EVENT_NO_ID (-1)

struct event {
	int64_t time;		/* UTC ticks, or TICKS_NONE */
	int offset_min;		/* the offset that the source wrote, or CLOCK_NO_OFFSET */
	uint64_t record;	/* EventRecordID, or the 1-based line or object */
	/*
	 * Where it comes from, for choosing rules: what is unknown is STR_NONE and conflicts with nothing. product,
	 * service and category are Sigma's words, lower case, static texts of the decoder. channel, provider and
	 * event_id are Windows'. The same facts may stand among the fields too.
	 */
	struct str product, service, category;
	struct str channel, provider;
	int64_t event_id;
	struct str raw;		/* the line, of text formats; STR_NONE else */
	uint32_t flags;
	uint32_t field_count, field_cap;
	struct field *fields;
	struct names *names;
	struct arena *arena;	/* the batch's */
};

enum {
	EVENT_PARTIAL = 1,	/* the record was cut short or damaged; the fields so far stand */
	EVENT_CARVED = 2,
};

/* Makes *e empty again, keeping its names and arena (which the caller set) and the fields array where it still lives:
 * call event_init once after the arena was reset, event_clear between events of a batch. */
void event_init(struct event *e, struct names *names, struct arena *arena);
void event_clear(struct event *e);

/* Appends a field and returns it; NULL at EVENT_FIELDS_MAX (the caller counts it). */
struct field *event_add(struct event *e, enum field_space space, uint32_t name, enum value_kind kind, struct str bytes);
/* Room for `more` fields at e->fields[e->field_count], for a decoder that fills them in itself; false where the event
 * would pass EVENT_FIELDS_MAX. */
bool event_reserve(struct event *e, uint32_t more);
/* event_add with a name that is spelled out. */
struct field *event_add_named(struct event *e, enum field_space space, struct str name, enum value_kind kind,
			      struct str bytes);

/*
 * Does a field answer to a rule's `key`? A data field always. A system field only where no data field of this event
 * bears the key, but for Channel, EventID, Provider_Name and Computer, which mean the system field where there is one
 * (detection.md 2.9). event_next walks the fields that answer, in order: begin with *at = 0; NULL at the end. *at is
 * the walk's own, no index. KEY_NONE answers to nothing.
 */
const struct field *event_next(const struct event *e, uint32_t key, uint32_t *at);
const struct field *event_first(const struct event *e, uint32_t key);
/* By spelling, without case; the slow way, for people and output. */
const struct field *event_find(const struct event *e, struct str name);

/* Which machine, and whose account: the first of a fixed list of names that has a value that is not "-"; STR_NONE
 * without one. Rendered into the event's arena. */
struct str event_host(const struct event *e);
struct str event_user(const struct event *e);
#endif
