#ifndef HUNT_FILTER_H
#define HUNT_FILTER_H
/*
 * What a job leaves out. Filters on rules (level, status, tag, id or title) take rules away before any event is
 * evaluated; those on events (time) take events away; that on findings (host) is asked last.
 */
#include "hunt/engine.h"

struct filter_texts {
	const char *const *at;
	size_t count;
};

struct filter {
	int64_t since, until;		/* TICKS_NONE: no bound; events at `until` are left out */
	enum sigma_level level;		/* this and above */
	struct filter_texts status, tags, rules, hosts;	/* any of each; none: all */
};

/*
 * keep[rule] for every rule, and how many are kept. A status is the rule's whole status; a tag is the rule's tag or its
 * beginning up to a '.' ("attack.t1059" and "t1059" mean attack.t1059.001 too); a rule is an id or part of a title.
 */
uint32_t filter_rules(const struct filter *f, const struct engine *g, uint8_t *keep);
bool filter_rule(const struct filter *f, const struct sigma_rule_info *r);	/* the same of one */
/* An event without a time is outside any bound. */
bool filter_time(const struct filter *f, int64_t time);
/* The whole host name without case, with * and ?; a name without a dot also means the part before the first dot. */
bool filter_host(const struct filter *f, struct str host);
#endif
