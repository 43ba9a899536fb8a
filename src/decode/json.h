#ifndef DECODE_JSON_H
#define DECODE_JSON_H
/*
 * JSON objects to events (RFC 8259). Two rows of one format: `json_format` for one object a line, `json_objects_format`
 * for pretty-printed, concatenated or array input; both are "json" in output.
 *
 * - Each object is checked strictly; a bad one is DECODE_JSON_SYNTAX with its number, and the rest goes on. Text need
 *   not be valid UTF-8: bytes stand as they are. Valid JSON that is no object is DECODE_JSON_NOT_OBJECT.
 * - In line input the object must stand on one line, with white space, and NUL bytes (DECODE_TEXT_NUL), at its ends at
 *   the most; blank lines and a byte order mark at the front are passed over. record is the number of the line.
 *   In object input, ']', '[', '}', commas, white space and NULs between top-level values are passed over unchecked, so
 *   that the elements of a top-level array are events. record is the number of the value.
 * - The elements of an envelope (kinds.h) are events: in object input one that the input begins with is as if it were not
 *   there, so that it may be of any size; elsewhere (an object on a line) they bear the number of the object.
 * - Nested objects are flattened by '.', an array gives several values of its name, and objects in an array are
 *   flattened under the array's name. {"a":{"b":[1,{"c":2}]}} gives a.b=1, a.b.c=2. An empty object or array gives no
 *   field; an empty name is kept ("a." for {"a":{"":1}}). A name that stands twice has two values.
 * - Numbers keep their source text, text is borrowed from the block where it has no escapes. A lone surrogate (\ud800)
 *   becomes U+FFFD.
 * - Deeper than JSON_DEPTH_MAX, more than EVENT_FIELDS_MAX members, or flattened names that together are longer than
 *   JSON_NAMES_FACTOR times the object up to there (plus JSON_NAMES_SLACK): DECODE_JSON_LIMIT; what was read up to that
 *   place is the event, marked EVENT_PARTIAL, and the rest is not looked at.
 *
 * The object is then looked at: Windows events in the forms of wrapper.h become what the same record gives as EVTX;
 * objects with __REALTIME_TIMESTAMP go through journald_finish; of any other the time is looked for (json_time.h), and whether kinds.h knows it.
 */
#include "decode/payload.h"

#define JSON_DEPTH_MAX 64u
#define JSON_NAMES_FACTOR 16u
#define JSON_NAMES_SLACK 65536u

extern const struct decode_format json_format;		/* DECODE_UNIT_LINE */
extern const struct decode_format json_objects_format;	/* DECODE_UNIT_OBJECT */

/* One object behind a syslog header, perhaps behind "@cee:": becomes what it is on a line, with the header's fields beside.
 * MISS where the message is not one whole object. */
extern const struct payload json_payload;

/*
 * Cuts a stream into blocks of whole top-level values, for DECODE_UNIT_OBJECT. Begin with {0}.
 *
 * Broken input is cut too: a line end closes a string that was left open, and '{' where JSON allows none begins a new
 * value, so that one bad object costs itself and not what follows.
 */
struct json_splitter {
	/* Of the block that the last call cut: */
	uint64_t first_record;		/* number of its first value, for decode_ctx */
	bool too_long;			/* it is a piece of a value over DECODE_LINE_MAX: count it, do not decode it */
	/* Private: */
	size_t max;			/* in the place of DECODE_LINE_MAX where it is not 0: for tests */
	uint64_t values;		/* values that ended in the blocks cut so far */
	uint64_t pending;		/* and since the last cut */
	size_t scanned;			/* bytes behind the last cut that the scanner has seen */
	size_t whole;			/* of these, up to the end of the last whole value */
	size_t first;			/* where the value begins that is not whole yet */
	uint64_t arrays;		/* bit d: the container at depth d + 1 is an array */
	uint32_t depth;
	uint8_t mode;
	uint8_t last;			/* the last byte that was not white space, inside a value */
	bool dropping;
	bool begun;
};

/*
 * `bytes` are all that the caller holds behind the last cut: each call shows the same bytes as before and more behind
 * them. Returns how many at the front are a block, 0 where more must be read; the caller takes exactly these away. At
 * the `end` of the stream the last block is all that remains, a value that was cut short included (0: nothing is left).
 * Call again until it returns 0. The blocks put together are the stream.
 */
size_t json_split(struct json_splitter *s, struct str bytes, bool end);

/* The bytes at the front of an input up to the first event, where it wraps its events in one object (kinds.h); 0: it does
 * not; -1: more bytes are needed to say. */
int json_envelope_head(struct str bytes);

/* Passed over between top-level values. */
bool json_is_between(char c);
/* The size of the value with which bytes begin (not json_is_between), valid or not, as the splitter sees it; all of
 * bytes where it does not end there. */
size_t json_value_size(struct str bytes, bool *out_whole);
#endif
