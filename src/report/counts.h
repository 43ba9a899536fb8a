#ifndef REPORT_COUNTS_H
#define REPORT_COUNTS_H
/*
 * Totals of a report's rows: by level, by host and by rule. It only counts, so it takes the same memory for one finding as
 * for a billion; names of hosts are bounded by REPORT_HOSTS_MAX.
 */
#include "base/vec.h"
#include "report/report.h"

#define REPORT_SEVERITIES 5u
#define REPORT_HOSTS_MAX 4096u
#define REPORT_HOST_BYTES_MAX 255u

struct report_count {
	uint64_t n;
	bool timed;
	int64_t first, last;
};

struct report_host {
	char *name;		/* "": the findings without a host */
	struct report_count all;
	uint64_t by_severity[REPORT_SEVERITIES];
	uint32_t next;		/* in its bucket, +1 */
};

struct report_seen {
	struct report_count all;
	uint32_t rule;
	char *file;		/* of the first finding */
	uint64_t record;
};

struct report_counts {
	struct report_count all;
	uint64_t by_severity[REPORT_SEVERITIES];
	struct report_seen *rules;	/* by index */
	uint32_t rule_count;
	VEC(struct report_host) hosts;
	uint32_t buckets[1024];		/* index in hosts, +1 */
	uint64_t other_hosts;		/* findings of hosts beyond REPORT_HOSTS_MAX */
};

struct report_counts *report_counts_new(uint32_t rule_count);
void report_counts_free(struct report_counts *c);
/* Rows come in order of time, those without one first. Names of hosts compare without case. */
void report_counts_add(struct report_counts *c, const struct report *r, const struct report_row *row, struct str host);

/* Worst first; the buckets are void afterwards. */
void report_counts_sort_hosts(struct report_counts *c);
/* The rules that were met, worst first; the caller frees the list. */
const struct report_seen **report_counts_rules(const struct report_counts *c, const struct report *r, size_t *out_count);

unsigned report_severity(const struct report_rule *rule);	/* 0 .. 4 */
const char *report_level_text(unsigned severity);	/* "informational" .. "critical", in the language of the environment */
/* "attack.t1059.001": a tag that is a technique of ATT&CK; its id begins at report_technique_at. */
bool report_is_technique(struct str tag);
#define REPORT_TECHNIQUE_AT 7u
#endif
