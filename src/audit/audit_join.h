#ifndef AUDIT_AUDIT_JOIN_H
#define AUDIT_AUDIT_JOIN_H
/*
 * Puts the records of one event together (same stamp, same node), though those of other events stand among them and
 * the texts in which they stand go away: what is kept is copied. An event ends
 *
 *   - with its EOE record, which is not part of it;
 *   - with the next record of another event, once it has its PROCTITLE (the kernel writes it last) or is a message of a
 *     program (audit_is_alone);
 *   - when its node's time has moved on by more than AUDIT_WAIT_TICKS, or back by as much with a new event;
 *   - early, and counted, when more than AUDIT_OPEN_MAX events or AUDIT_BYTES_MAX bytes are kept: the oldest goes first;
 *   - with the input.
 *
 * Time moves on by node; nodes beyond some hundreds may share a clock, so that events of clocks that differ end too soon.
 */
#include "audit/audit.h"

#define AUDIT_WAIT_TICKS (2 * TICKS_PER_SECOND)
#define AUDIT_OPEN_MAX 1024u
#define AUDIT_BYTES_MAX (16u << 20)

/* An event that has ended; void after the call. */
struct audit_given {
	const struct audit_record *records;	/* in the order of their lines */
	size_t count;
	uint64_t line;		/* of its first record */
	bool early;		/* more of it may follow, as an event of its own */
	bool cut;		/* of a line that was cut */
};
typedef void audit_give_fn(void *user, const struct audit_given *g);

struct audit_join;
struct audit_join *audit_join_new(void);
void audit_join_free(struct audit_join *j);

/* The next record, with a stamp; `line` is its number. Calls give for each event that ended. */
void audit_join_add(struct audit_join *j, const struct audit_record *r, uint64_t line, bool cut, audit_give_fn *give, void *user);
/* A line without a stamp: it belongs to no event. Ends what waits for the next record only. */
void audit_join_other(struct audit_join *j, audit_give_fn *give, void *user);
/* The end of the input: all that are open, in the order of their first records. */
void audit_join_end(struct audit_join *j, audit_give_fn *give, void *user);
size_t audit_join_open(const struct audit_join *j);		/* events that are open */
#endif
