#ifndef COLUMNS_PARTS_H
#define COLUMNS_PARTS_H
/* What the files of columns share. Private to them, and to the naive reading that tests compare with. */
#include <string.h>

#include "columns/columns.h"

enum column_what {
	COLUMN_TEXT,
	COLUMN_NUMBER,		/* bare in JSON, where it is one */
	COLUMN_HEADER,		/* '+' is a blank */
	COLUMN_URI,		/* stem?query */
	COLUMN_DATE, COLUMN_TIME,
	COLUMN_STAMP,		/* both, as RFC 3339 */
	COLUMN_EPOCH,		/* seconds since 1970 */
	COLUMN_ESCAPED,		/* Zeek: \xHH */
	COLUMN_SET,		/* Zeek: several values */
};

/* Finds where `separator` stands in s: at most `max` offsets in at[]; returns how many there are, or max + 1: more. */
uint32_t columns_split(struct str s, char separator, uint32_t *at, uint32_t max);

/* Makes the plan of c->head. */
void columns_plan(struct columns *c, struct names *names);
void columns_plan_w3c(struct columns *c, struct names *names);
void columns_plan_zeek(struct columns *c, struct names *names);

/* Takes the next word of a list of names. */
bool columns_next_name(struct str *rest, bool csv, struct str *name);

/* A field's name as it is written, to what it is called; in `room` of COLUMN_NAME_MAX bytes where it is changed. */
#define COLUMN_NAME_MAX 128u
struct str columns_w3c_name(struct str written, char *room, bool *header);

bool columns_is_number(struct str s);
int64_t columns_date(struct str s);		/* "2013-07-30", the day's first tick; TICKS_NONE */
int64_t columns_time(struct str s);		/* "00:00:21[.123]", ticks since midnight; -1 */
int64_t columns_epoch(struct str s);		/* "1300475167.096535"; TICKS_NONE */
struct str columns_unescape(struct str s, struct arena *a);

/* Puts a value into the event; false: it does not fit what the column is. */
bool columns_put(struct columns *c, const struct column *column, struct str value, struct event *e);

/* Exchange's columns that say what Sigma's do. */
struct columns_alias { const char *column, *name; };
extern const struct columns_alias columns_aliases[];	/* ends with {NULL}; an alias is the index + 1 */
#endif
