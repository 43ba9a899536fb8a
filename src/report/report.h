#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H
/*
 * report: findings to documents. A format is a row: it renders one finding to bytes (in whichever thread met it), and
 * later gets all of these in their final order to write the document. Nothing here reads input or matches rules.
 *
 * What comes from logs is hostile: JSON and CSV escape it, and a terminal never sees a control character of it.
 */
#include "event/event.h"
#include "report/sink.h"

/* What is said of a rule; texts live as long as the report. */
struct report_rule {
	struct str id, title, level;
	unsigned severity;		/* 0 informational .. 4 critical */
	const struct str *tags;
	uint32_t tag_count;
	struct str json;		/* what report_rule_json writes, to spare the work; or STR_NONE */
};
/* The rule's members of a JSONL finding, from "level" on. */
void report_rule_json(const struct report_rule *rule, struct buf *out);

struct report_field {
	struct str name;		/* equal names stand one after another: together they are a list */
	struct field field;
};

struct report_finding {
	char id[33];			/* 32 hex digits */
	const struct report_rule *rule;
	int64_t time;			/* TICKS_NONE: not known */
	struct str host, user;		/* STR_NONE where not known */
	struct str file, format;	/* "-" for standard input; "evtx" */
	uint64_t record;
	const struct report_field *fields;
	uint32_t field_count;
	const struct event *event;	/* all of it is wanted; or NULL */
};

struct report_style {
	bool color;			/* escape sequences of our own are welcome */
	bool full;			/* --full */
	unsigned width;			/* columns of the terminal, 0: no terminal */
	unsigned rows;			/* most lines of each list in a table */
};
#define REPORT_ROWS 20u
#define REPORT_WIDTH_MIN 40u

/* One finding in its final place. */
struct report_row {
	int64_t time;
	uint32_t rule;			/* index in the report's rules */
	struct str file;
	uint64_t record;
	struct str body;		/* what `render` wrote */
};

struct report;

struct report_format {
	const char *name;		/* "jsonl" */
	const char *summary;
	/* Writes the finding's body; called by several threads at once. */
	void (*render)(const struct report_finding *f, struct buf *out);
	void (*begin)(struct report *r);
	void (*row)(struct report *r, const struct report_row *row);
	void (*end)(struct report *r);
};

extern const struct report_format *const report_formats[];	/* table, jsonl, csv; ends with NULL */
const struct report_format *report_format_find(const char *name);	/* NULL: unknown */

struct report {
	const struct report_format *format;
	struct report_style style;
	const struct report_rule *rules;
	uint32_t rule_count;
	struct sink *sink;		/* not owned */
	void *state;			/* the format's */
	uint64_t rows;			/* written */
};

/* 0, or the sink's error, which ends the report. */
int report_begin(struct report *r) __attribute__((warn_unused_result));
int report_add(struct report *r, const struct report_row *row) __attribute__((warn_unused_result));
int report_end(struct report *r) __attribute__((warn_unused_result));
#endif
