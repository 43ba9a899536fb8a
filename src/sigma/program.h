#ifndef SIGMA_PROGRAM_H
#define SIGMA_PROGRAM_H
/*
 * The compiled rule set: an immutable image, shared by all threads, that finds the rules that an event meets without
 * visiting those that it cannot. hot-path.md says how. It answers exactly as naive.h does.
 *
 * The image can be written to a file and loaded again in a fraction of the time; it then needs neither the rule files nor
 * the YAML. It is only valid for the same program version, vectorscan and processor; program_load checks all three.
 */
#include "event/event.h"
#include "sigma/set.h"

struct sigma_program;

/* Compiles all of a bound set; the set may be freed afterwards. NULL never; a regex that the engine cannot take was
 * refused when the set was loaded. `threads` of them compile databases. */
struct sigma_program *sigma_program_compile(const struct sigma_set *set, unsigned threads);
void sigma_program_free(struct sigma_program *p);

/* The image as bytes to keep; and back. ERR_STALE: another version, library or processor. ERR_FORMAT: damaged. */
void sigma_program_save(const struct sigma_program *p, struct buf *out);
int sigma_program_load(struct str image, struct sigma_program **out) __attribute__((warn_unused_result));

/* What a finding says of a rule; texts live as long as the program. */
struct sigma_rule_info {
	struct str id, title, status, author, file;
	struct str description;		/* its first SIGMA_DESCRIPTION_SHOWN bytes; STR_NONE where it has none */
	enum sigma_level level;
	const struct str *tags; uint32_t tag_count;
	const struct str *fields; uint32_t field_count;		/* the names that it looks at */
	const struct sigma_correlation *correlation;		/* it is one; or NULL */
	const struct str *feeds; uint32_t feed_count;		/* what correlations want of the events that it meets */
	bool silent;			/* a correlation names it: it does not alert on its own */
};
uint32_t sigma_program_rule_count(const struct sigma_program *p);
const struct sigma_rule_info *sigma_program_rule(const struct sigma_program *p, uint32_t rule);
/* The keys that events must carry for this program: for names_new. */
const struct keys *sigma_program_keys(const struct sigma_program *p);
const struct sigma_counts *sigma_program_counts(const struct sigma_program *p);
size_t sigma_program_bytes(const struct sigma_program *p);	/* memory of the image and its databases */

/*
 * For a finding: the event's fields that `rule` looked at, in the variants whose sources the event fits (renamed and derived ones
 * under the rule's own name). Fills out[] with names and fields; at most `max`; returns how many.
 */
struct sigma_looked { struct str name; struct field field; };
uint32_t sigma_program_looked(const struct sigma_program *p, uint32_t rule, const struct event *e,
			      struct sigma_looked *out, uint32_t max);

/* sigma_feed_source.find; user: the program. As sigma_set_feed. */
bool sigma_program_feed(const void *program, uint32_t rule, uint32_t feed, const struct event *e, struct field *out);

/* One thread's scratch. */
struct sigma_matcher;
struct sigma_matcher *sigma_matcher_new(const struct sigma_program *p);
void sigma_matcher_free(struct sigma_matcher *m);
/*
 * Only rules with keep[rule] != 0 are evaluated from now on (levels, tags, ids chosen on the command line); NULL: all.
 * The array is copied.
 */
void sigma_matcher_filter(struct sigma_matcher *m, const uint8_t *keep);
/* Indices of all rules that the event meets, ascending; the array lives until the next call. */
uint32_t sigma_matcher_run(struct sigma_matcher *m, const struct event *e, const uint32_t **out_rules);
#endif
