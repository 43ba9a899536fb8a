#ifndef SIGMA_DERIVED_H
#define SIGMA_DERIVED_H
/*
 * Derived fields: what a mapping makes of other fields when a rename is not enough (Security 4688 has no User, but a
 * SubjectDomainName and a SubjectUserName). A derived field has a key of its own that no input can bear ("\x01name"),
 * and the variant's tests refer to that key; its value is made from the event when an evaluator asks.
 */
#include "event/event.h"

enum sigma_derive_kind {
	SIGMA_DERIVE_JOIN,	/* texts and fields one after another; absent where a named field is absent */
	SIGMA_DERIVE_DECIMAL,	/* a hex or decimal number of one field, written in decimal */
	SIGMA_DERIVE_TABLE,	/* the field's text looked up in a table (without case); absent where not found */
	SIGMA_DERIVE_PREFIX,	/* as JOIN, then the longest listed prefix replaced; unlisted: as it is */
	SIGMA_DERIVE_ANY,	/* all values of several fields (a multi-valued field) */
	/* Several joins, parted by a part without text and key: each that is there, as it is and without percent-encoding. */
	SIGMA_DERIVE_URLS,
	SIGMA_DERIVE_EXTENSION,	/* as JOIN: what is behind the last '.' of a path's last name; absent without one */
	SIGMA_DERIVE_KINDS
};

struct sigma_derive_part { struct str text; uint32_t key; };	/* key != KEY_NONE: that field, else text */
struct sigma_derive_pair { struct str from, to; };		/* `from` folded */

struct sigma_derived {
	uint32_t key;			/* its own */
	enum sigma_derive_kind kind;
	struct sigma_derive_part *parts; uint32_t part_count;
	struct sigma_derive_pair *pairs; uint32_t pair_count;
};

/*
 * The values of a derived field for one event, as text fields (key set, data in `arena`), at most `max`; returns how
 * many there are. ANY also hands on null values.
 *
 * JOIN, TABLE, PREFIX, URLS and EXTENSION take the first value of each field that is not null; DECIMAL and ANY take all
 * values.
 */
uint32_t sigma_derive(const struct sigma_derived *d, const struct event *e, struct arena *arena, struct field *out,
		      uint32_t max);
#define SIGMA_DERIVED_VALUES_MAX 64u

/* The first value that is not null, of a derived field or (d NULL) of a plain key; false where there is none. */
bool sigma_feed_value(const struct sigma_derived *d, uint32_t key, const struct event *e, struct field *out);
#endif
