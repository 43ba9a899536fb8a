#ifndef PAIRS_PARTS_H
#define PAIRS_PARTS_H
/*
 * What the three forms share. Private to src/pairs.
 */
#include <string.h>

#include "base/vec.h"
#include "pairs/pairs.h"

/* Keys whose values decide about time and source; the last value of each stands in pairs.seen. */
enum pairs_role {
	PAIRS_ROLE_NONE,
	PAIRS_DATE, PAIRS_TIME, PAIRS_TZ, PAIRS_EVENTTIME, PAIRS_TIMESTAMP,
	PAIRS_TYPE, PAIRS_SUBTYPE, PAIRS_LOGID, PAIRS_DEVID, PAIRS_URL,
	PAIRS_CAT, PAIRS_DIRECTION,			/* Fortinet's CEF: values that are written in another way */
	PAIRS_RT, PAIRS_END, PAIRS_START, PAIRS_CUSTOM_DATE,	/* CEF's times */
	PAIRS_DEVTIME, PAIRS_DEVTIME_FORMAT,		/* LEEF's */
	PAIRS_LABEL,					/* cs1Label and the like */
	PAIRS_ROLES
};

/* A name as it was met, with '=' behind it. */
#define ENTRY_TEXT_MAX 40u
struct entry {
	char text[ENTRY_TEXT_MAX];	/* the name, '=', zeros */
	uint32_t size;			/* with the '=' */
	uint32_t name, key;		/* in the event's names: of the name that the field gets */
	uint32_t next, other;		/* which followed it last, and before that: indexes */
	uint8_t role;
	bool is_id;			/* digits of its values are no number */
};

#define ENTRIES_MAX 2048u
#define ENTRY_SLOTS (2 * ENTRIES_MAX)
struct dict {
	VEC(struct entry) entries;	/* [0] stands for the beginning of a line, and for no entry */
	uint16_t slots[ENTRY_SLOTS];	/* index, or 0 */
	bool fortinet_cef;		/* names are mapped to Fortinet's */
	uint32_t epoch;
	const struct names *names;
};

struct pairs {
	struct dict fortinet, fortinet_cef, plain;
	struct str seen[PAIRS_ROLES];
	struct entry spare;		/* for a name that the dictionary does not take */
};

/* Makes the dictionary fit the event's names; before each line. */
void dict_begin(struct dict *d, struct names *names);
/* The entry of a name. It may lie in p->spare: void after the next call. */
const struct entry *dict_find(struct pairs *p, struct dict *d, struct str name, struct names *names);
/* The field name and role that Fortinet's CEF key stands for. */
struct str fortinet_cef_name(struct str key);
enum pairs_role pairs_role_of(struct str name);

/* A name of 1 to 15 bytes, of which 16 can be read, to its first slot. */
static inline uint32_t dict_hash_short(const char *p, unsigned n)
{
	uint64_t low, high = 0;
	memcpy(&low, p, 8);
	if (n < 8) {
		low &= (UINT64_C(1) << n * 8) - 1;
	} else if (n > 8) {
		memcpy(&high, p + 8, 8);
		high &= (UINT64_C(1) << (n - 8) * 8) - 1;
	}
	uint64_t h = (low ^ (high * UINT64_C(0x9E3779B97F4A7C15) + n)) * UINT64_C(0xD6E8FEB86659FD93);
	return (uint32_t)(h >> 40) % ENTRY_SLOTS;
}

bool pairs_is_number(struct str s);

/* Adds a data field; false where the event is full. */
static inline bool pairs_put(struct event *e, const struct entry *en, struct str value, bool number)
{
	if (__builtin_expect(e->field_count == e->field_cap, 0) && !event_reserve(e, 1))
		return false;
	struct field *f = &e->fields[e->field_count++];
	f->data = value.p;
	f->size = (uint32_t)value.n;
	f->name = en->name;
	f->key = en->key;
	f->kind = number ? VALUE_NUMBER : VALUE_TEXT;
	f->space = FIELD_DATA;
	f->flags = 0;
	return true;
}

static inline bool pairs_is_key_byte(unsigned char c)
{
	return (unsigned char)((c | 32) - 'a') < 26 || (unsigned char)(c - '0') < 10 || c == '_' || c == '-' || c == '.' ||
		c == '[' || c == ']';
}

/* How many bytes of a name stand at the front, up to its '='; 0 where there is none. */
#define PAIRS_NAME_MAX 256u
size_t pairs_name_size(const char *p, const char *end);

/* Where the value that begins at p ends, if it ends before the next " key=": the blank or `parting`, or `end`. */
const char *pairs_before_next(const char *p, const char *end, char parting);

/* Each takes a line whose form is known already. */
struct pairs_result fortinet_decode(struct pairs *p, struct str line, const struct pairs_clock *clock, struct event *e);
struct pairs_result cef_decode(struct pairs *p, struct str line, const struct pairs_clock *clock, struct event *e);
struct pairs_result leef_decode(struct pairs *p, struct str line, const struct pairs_clock *clock, struct event *e);

/* What Fortinet's values say of time and source; fields made of them. False where the event is full. */
bool fortinet_finish(struct pairs *p, const struct pairs_clock *clock, struct event *e);
bool fortinet_is_line(struct str line);

/* CEF's extension: pairs parted by blanks, with escapes. */
void cef_extension(struct pairs *p, struct dict *d, struct str s, struct event *e, struct pairs_result *r);
/* A field for each of the header's parts that is not empty. */
#define HEADER_PARTS 6
void pairs_put_header(struct event *e, const struct str *parts, size_t count, struct pairs_result *r);
/* Cuts *rest at the first '|' with no backslash before it; without one takes all and leaves STR_NONE. */
struct str pairs_take_header(struct str *rest);
struct str pairs_unescape(struct str value, struct arena *arena);
/* Sigma's word for a vendor's devices; STR_NONE. */
struct str pairs_product_of(struct str vendor);
void pairs_resolve_labels(const struct pairs *p, struct event *e, uint32_t first);

/* ---- times: each gives ticks, and the offset where the text has one ---- */
struct pairs_time { int64_t ticks; int offset_min; };
bool time_from_epoch(struct str digits, int64_t *out);
bool time_from_offset(struct str tz, int *out_minutes);		/* "+0100" "+01:00" "UTC+2" "Z" */
bool time_from_date(struct str date, struct str time, struct str tz, const struct pairs_clock *clock,
		    struct pairs_time *out);
/* "Sep 19 2022 08:26:10", without a year too, with a fraction and a zone; RFC 3339; an epoch. */
bool time_from_words(struct str text, const struct pairs_clock *clock, struct pairs_time *out);
/* By a pattern of java.text.SimpleDateFormat. */
bool time_from_pattern(struct str text, struct str pattern, const struct pairs_clock *clock, struct pairs_time *out);
#endif
