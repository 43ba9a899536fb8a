#ifndef HUNT_COMPARE_H
#define HUNT_COMPARE_H
/*
 * What is new since last time: the findings of an older report in JSONL, as hashes. A finding is the same where rule id, time,
 * host, record, the file's own name (without its folders), the
 * fields and the indicator are; so it stays the same where evidence was moved.
 *
 * Both sides go through one reader: a new finding is written as JSONL and read as the old ones are.
 */
#include "report/report.h"

#define COMPARE_FINDINGS_MAX 25000000u	/* of the old report: 200 MB of hashes */
#define COMPARE_LINE_MAX (64u << 20)	/* bytes of one line */
#define COMPARE_PLACES 3u

struct compare;

struct compare_figures {
	uint64_t old;			/* different findings of the old report */
	uint64_t seen;			/* of these, met again */
	uint64_t bad_lines;		/* lines that are no findings */
	uint64_t places[COMPARE_PLACES];	/* the first of these, 1-based */
	unsigned place_count;
};

/*
 * Reads the old report. ERR_FORMAT where its first line is no finding (a CSV or an HTML page, say); later ones are counted as
 * bad. ERR_LIMIT above COMPARE_FINDINGS_MAX. ERR_IO, ERR_NOENT with errno. error says what.
 */
int compare_open(const char *path, char error[400], struct compare **out) __attribute__((warn_unused_result));
void compare_free(struct compare *c);
/* True where the old report has it. Several threads may ask at once, each with its own scratch. */
bool compare_has(struct compare *c, const struct report_finding *f, struct buf *scratch);
/* When no thread asks any more. */
void compare_figures(const struct compare *c, struct compare_figures *out);

/* The finding's hash out of its line of JSONL; ERR_FORMAT where it is none. */
int compare_key(struct str line, uint64_t seed, uint64_t *out) __attribute__((warn_unused_result));
#endif
