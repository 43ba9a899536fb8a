#ifndef DECODE_PAYLOAD_H
#define DECODE_PAYLOAD_H
/*
 * What else than a program's words may stand behind a syslog header: a firewall's key=value pairs, CEF, LEEF, a JSON
 * object, an event in XML, a web server's access line. Each kind is a row of `payloads`. The syslog decoder asks them, in
 * order, before it takes the message as text; most messages are out by their first byte.
 *
 * A row gets the event with what the header says of it: time, host, program and so on as system fields, the whole line as
 * `raw`, product and service by the program. It adds data fields, and sets product, service, category, channel, time where
 * the message knows better. Where a row takes the message no field "message" stands beside its fields. The parts of the
 * message live as long as the block; what must be copied goes to the event's arena.
 */
#include "decode/decode.h"
#include "line/line.h"

struct payload_line {
	struct decode_ctx *ctx;		/* for its options, and decode_skip with e->record as the place */
	struct str program;		/* by the header, without folder; STR_NONE without one */
	struct str message;		/* not empty; no blanks before it */
};

struct payload {
	const char *name;
	const char *first;	/* the bytes such a message may begin with; "": any */
	const char *programs;	/* space-separated: it stands behind these tags alone (upper and lower case are the same); "": any */
	/* A quick look whether it is ours; may be NULL. For rows without `programs` it also helps to tell a syslog file. */
	bool (*is)(struct str message);
	/* MISS leaves the event untouched; what is odd about a message is counted by the row. `state` is a worker's own, made
	 * when the row is first needed; NULL without state_new. */
	enum decode_result (*decode)(const struct payload_line *line, void *state, struct event *e);
	void *(*state_new)(void);
	void (*state_free)(void *state);
};

extern const struct payload *const payloads[];	/* in the order tried; ends with NULL; at most 32 */

/* A worker's rows and their states. */
#define PAYLOADS_MAX 32u
struct payload_states {
	uint32_t first[256];		/* the rows whose messages may begin with a byte */
	void *state[PAYLOADS_MAX];	/* NULL: not made yet */
};
struct payload_states *payload_states_new(void);
void payload_states_free(struct payload_states *s);

/* The rows that may stand behind a program's name (STR_NONE: none), a bit each: looked up once for a program. */
uint32_t payload_rows(struct str program);
/* Those of `rows` that a message's first byte leaves: mostly none. `s` may be NULL: none. */
static inline uint32_t payload_candidates(const struct payload_states *s, uint32_t rows, struct str message)
{
	return s && message.n ? rows & s->first[(unsigned char)message.p[0]] : 0;
}
/* Tries the candidates; MISS where none takes the message. */
enum decode_result payload_decode(struct payload_states *s, uint32_t rows, const struct payload_line *line,
				  struct event *e);
/* Does a row that needs no program's name know this message? */
bool payload_is_known(struct str message);
#endif
