#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
/*
 * Instants are counted in ticks of 100 ns since 1970-01-01 00:00 UTC (int64_t, years 1601 to 9999 in use): the unit of
 * EVTX, and it holds RFC 5424's microseconds. Nothing here reads the clock but clock_now().
 */
#include "base/buf.h"

#define TICKS_PER_SECOND INT64_C(10000000)
#define TICKS_NONE INT64_MIN			/* "no time" */
#define TICKS_1601 INT64_C(-116444736000000000)	/* FILETIME 0 */

struct civil {		/* proleptic Gregorian, UTC unless said otherwise */
	int year, month, day;		/* month 1-12, day 1-31 */
	int hour, minute, second;	/* second 0-59 */
	int ticks;			/* 100 ns within the second */
};

int64_t clock_now(void);
int64_t clock_from_civil(const struct civil *c);	/* fields may be out of range by little; they carry over */
void clock_to_civil(int64_t ticks, struct civil *out);
int clock_weekday(int64_t ticks);			/* 0 Sunday .. 6 Saturday */
/* ISO 8601 week number, 1-53. */
int clock_iso_week(int64_t ticks);

/*
 * Reads "2023-07-19T09:03:40.7101234Z", with ' ' or 'T', ',' or '.', an offset Z, +07:00, +0700, +07 or none, the
 * seconds and their fraction optional, digits past the seventh dropped. *out_offset_min is the offset in minutes;
 * without one the time is taken as UTC and *out_offset_min is CLOCK_NO_OFFSET. *out_used is the number of bytes read:
 * the caller checks what follows. ERR_FORMAT where s does not begin with a date and a time of day.
 */
#define CLOCK_NO_OFFSET INT16_MIN
int clock_parse_rfc3339(struct str s, int64_t *out_ticks, int *out_offset_min, size_t *out_used)
	__attribute__((warn_unused_result));

/* "2023-07-19T09:03:40.710123Z": UTC; fraction as written: 0, 3, 6 or 7 digits, the shortest that loses nothing. */
#define CLOCK_TEXT_MAX 40
size_t clock_format(int64_t ticks, char out[CLOCK_TEXT_MAX]);
void buf_time(struct buf *b, int64_t ticks);		/* clock_format, or "" for TICKS_NONE */
#endif
