#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H
/*
 * report: findings to documents. A format is a row: it renders one finding to bytes (in whichever thread met it), and
 * later gets all of these in their final order to write the document. Nothing here reads input or matches rules.
 *
 * What comes from logs is hostile: JSON and CSV escape it, and a terminal never sees a control character of it.
 */
#include "base/lang.h"
#include "event/event.h"
#include "report/sink.h"

/* What is said of a rule; texts live as long as the report. */
struct report_rule {
	struct str id, title, level;
	unsigned severity;		/* 0 informational .. 4 critical */
	const struct str *tags;
	uint32_t tag_count;
	struct str description;		/* STR_NONE where it has none */
	struct str json;		/* what report_rule_json writes, to spare the work; or STR_NONE */
};
/* The rule's members of a JSONL finding, from "level" on. */
void report_rule_json(const struct report_rule *rule, struct buf *out);

/* Its title for people: in the language where the catalogue knows it (rules that are shipped), else as the rule has it. */
struct str report_rule_title(const struct report_rule *rule, enum lang lang);

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
	bool carved;			/* a deleted record that was found again (--carve) */
	const struct report_field *fields;
	uint32_t field_count;
	const struct event *event;	/* all of it is wanted; or NULL */
	/* Of a correlation: its matches, or the first and last of them, and how many there are; count 0: no correlation. */
	const struct report_part *parts;
	uint32_t part_count;
	uint64_t count;
	int64_t first_time, last_time;	/* of its matches */
	const struct report_indicator *indicator;	/* it was met by an indicator; or NULL */
	const struct report_geo *geo;	/* what is known of addresses among the fields; NULL: no database was given */
	uint32_t geo_count;
};

struct report_part {
	int64_t time;
	struct str rule_id, rule_title, file;
	uint64_t record;
};

struct report_indicator {
	struct str type;		/* "ipv4-addr", "domain-name", "url", "file:hashes.'SHA-256'" ...: STIX 2.1's names */
	struct str value;		/* as the list writes it, refanged */
	struct str source;		/* the file it came from, and its name there */
	int64_t valid_until;		/* TICKS_NONE: for ever */
};

/* Where an address is, from a database that the user gave. Texts as there; STR_NONE where not known. */
struct report_geo {
	struct str address, country, city, organisation;	/* "VN", "Hà Nội", the AS's name */
	uint32_t asn;			/* 0: not known */
};

struct report_style {
	bool color;			/* escape sequences of our own are welcome */
	bool full;			/* --full */
	bool geo;			/* --geoip: findings may have geo */
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

/* Something of the input that was not read, or is doubtful. */
struct report_gap {
	const char *name, *text;	/* "evtx_chunk_magic", and in English words, a key of base/lang.h */
	uint64_t count, bytes;
	bool loss;			/* something was lost; else only noted */
	struct str places;		/* the first ones, a line each */
};

/* What is said of the whole job. No clock and no speed: the same input gives the same document. */
struct report_facts {
	uint64_t files, bytes, events;
	int64_t first_event, last_event;	/* TICKS_NONE: no event had a time */
	uint64_t rules_loaded, rules_used, rules_refused;
	const struct report_gap *gaps;
	uint32_t gap_count;
	bool interrupted;
	const char *compared;		/* the older report's name, or NULL; then: */
	uint64_t seen_before, not_seen_again;
};

struct report;

struct report_format {
	const char *name;		/* "jsonl" */
	const char *summary;
	bool needs_time;		/* findings without a time cannot be written */
	/* Writes the finding's body; called by several threads at once. */
	void (*render)(const struct report_finding *f, struct buf *out);
	void (*begin)(struct report *r);
	void (*row)(struct report *r, const struct report_row *row);
	void (*end)(struct report *r);
};

extern const struct report_format *const report_formats[];	/* ends with NULL */
const struct report_format *report_format_find(const char *name);	/* NULL: unknown */

struct report {
	const struct report_format *format;
	struct report_style style;
	const struct report_rule *rules;
	uint32_t rule_count;
	struct sink *sink;		/* not owned */
	const struct report_facts *facts;	/* what the job did, for formats that tell it; or NULL */
	void *state;			/* the format's */
	uint64_t rows;			/* written */
};

/* 0, or the sink's error, which ends the report. */
int report_begin(struct report *r) __attribute__((warn_unused_result));
int report_add(struct report *r, const struct report_row *row) __attribute__((warn_unused_result));
int report_end(struct report *r) __attribute__((warn_unused_result));
#endif
