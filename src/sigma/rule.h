#ifndef SIGMA_RULE_H
#define SIGMA_RULE_H
/*
 * A Sigma rule as the loader leaves it: its texts, and its detection as a tree of AND, OR, NOT over single tests. The tree
 * is what both evaluators read: naive.h walks it, program.h compiles it. Everything lives in the set's arena.
 *
 * Sources: Sigma specification 2.1.0 (rules, modifiers appendix), and detection.md 3 where that is silent.
 */
#include "base/arena.h"
#include "event/names.h"

enum sigma_level { SIGMA_INFORMATIONAL, SIGMA_LOW, SIGMA_MEDIUM, SIGMA_HIGH, SIGMA_CRITICAL, SIGMA_LEVELS };
const char *sigma_level_name(enum sigma_level level);
/* The level of that name (without case), or SIGMA_LEVELS. */
enum sigma_level sigma_level_of(struct str name);

#define SIGMA_DESCRIPTION_SHOWN 2048u	/* bytes of a description that findings and images carry */
/* The beginning of a description that fits, whole characters only. */
struct str sigma_description_shown(struct str description);

enum sigma_test {
	SIGMA_TEST_STRING,	/* parts: whole-value match with wildcards */
	SIGMA_TEST_REGEX,	/* pattern: unanchored search in the raw text */
	SIGMA_TEST_CIDR,
	SIGMA_TEST_COMPARE,	/* lt lte gt gte */
	SIGMA_TEST_NULL,	/* absent or null */
	SIGMA_TEST_EXISTS,	/* wanted: the key is there (even empty or null), or is not */
	SIGMA_TEST_FIELDREF,	/* against another field of the event */
	SIGMA_TEST_DATEPART,	/* minute hour day week month year of a date field: part `compare` number */
};

/*
 * A string pattern is a sequence of parts. A plain value is one LITERAL (or none: the empty text); `contains` x is RUN
 * LITERAL RUN. Two RUNs never follow each other, nor two LITERALs. Literals are folded with utf8_fold unless `cased`.
 */
enum sigma_part_kind {
	SIGMA_PART_LITERAL,
	SIGMA_PART_RUN,		/* '*': any run of code points, also none, also line breaks */
	SIGMA_PART_ONE,		/* '?': one code point */
	SIGMA_PART_DASH,	/* windash: one of - / U+2013 U+2014 U+2015 */
};
struct sigma_part { enum sigma_part_kind kind; struct str text; };
#define SIGMA_PARTS_MAX 1024u

enum sigma_compare { SIGMA_LT, SIGMA_LTE, SIGMA_GT, SIGMA_GTE, SIGMA_EQ };	/* EQ: only DATEPART */
enum sigma_anchor { SIGMA_WHOLE, SIGMA_CONTAINS, SIGMA_STARTS, SIGMA_ENDS };
enum sigma_datepart { SIGMA_MINUTE, SIGMA_HOUR, SIGMA_DAY, SIGMA_WEEK, SIGMA_MONTH, SIGMA_YEAR };

struct sigma_match {
	enum sigma_test test;
	bool keyword;			/* searched in every value (or the raw line): field is empty */
	bool cased;
	struct str field;		/* as the rule writes it */
	uint32_t key;			/* after binding; KEY_NONE: this source never has the field (always absent) */
	struct sigma_part *parts;	/* STRING */
	uint32_t part_count;
	struct str pattern;		/* REGEX: with the modifiers' `.*` already added (contains etc. after re); NUL behind it */
	bool re_nocase, re_multiline, re_dotall;
	struct { uint8_t address[16]; uint8_t bits; bool v6; } cidr;	/* v4 addresses fill address[0..3] */
	enum sigma_compare compare;
	double number;			/* COMPARE and DATEPART */
	bool wanted;			/* EXISTS */
	struct str other;		/* FIELDREF */
	uint32_t other_key;
	enum sigma_anchor anchor;	/* FIELDREF */
	enum sigma_datepart part;
	uint32_t line, column;		/* of the value in the rule's file */
	struct str source_text;		/* the value as written, for explain */
};

enum sigma_node_kind {
	SIGMA_NODE_AND, SIGMA_NODE_OR, SIGMA_NODE_NOT,
	SIGMA_NODE_MATCH,
	SIGMA_NODE_SOURCE,	/* only in a variant: what the event's source must be */
	SIGMA_NODE_TRUE, SIGMA_NODE_FALSE,
};

/*
 * One thing that is known of an event's source before its data is looked at. An event that does not know the dimension
 * (STR_NONE, EVENT_NO_ID) passes: routing is by conflict only (detection.md 6). Not so where `strict`: it must know it.
 * Strict are the sources of rules with keywords, and of rules that an event without any field would meet: any JSON
 * object would hit them (docs/sigma.md).
 */
enum sigma_dimension { SIGMA_DIM_PRODUCT, SIGMA_DIM_SERVICE, SIGMA_DIM_CATEGORY, SIGMA_DIM_CHANNEL, SIGMA_DIM_PROVIDER,
		       SIGMA_DIM_EVENT_ID, SIGMA_DIMS };
struct sigma_source {
	enum sigma_dimension dimension;
	struct str *texts;	/* folded; any of them; a trailing '*' in a channel matches any rest */
	int64_t *ids;		/* SIGMA_DIM_EVENT_ID */
	uint32_t count;
	bool strict;		/* an event that does not know the dimension fails */
};

struct sigma_node {
	enum sigma_node_kind kind;
	uint32_t child_count;
	struct sigma_node **children;	/* AND, OR (2 or more, or 0 never), NOT (1) */
	struct sigma_match *match;
	struct sigma_source *source;
	struct str label;		/* the identifier or key that it came from, for explain; may be STR_NONE */
	uint32_t line;
};

struct sigma_rule {
	struct str id, name, title, status, author, description, date, modified;
	enum sigma_level level;		/* SIGMA_INFORMATIONAL where the rule names none */
	struct str product, category, service;	/* folded; STR_NONE where the rule has none */
	struct str *tags; uint32_t tag_count;
	struct str *references; uint32_t reference_count;
	struct str *falsepositives; uint32_t falsepositive_count;
	struct str *fields; uint32_t field_count;	/* the names that the detection tests, each once, in order */
	struct str file; uint32_t line;
	struct sigma_node *root;	/* conditions joined by OR; fields as written, keys not set; NULL: a correlation */
	struct sigma_node **filters; uint32_t filter_count;	/* must hold besides */
	const struct sigma_correlation *correlation;		/* or NULL (correlation.h) */
	bool silent;			/* a correlation names it: it does not alert on its own */
	struct str *feeds; uint32_t feed_count;	/* names of fields that correlations want of the events that it meets */
	uint32_t first_variant, variant_count;	/* in the set */
};

/*
 * A rule bound to one kind of source: process_creation gives one variant for Sysmon 1 and one for Security 4688, with
 * the fields renamed. root is AND(source nodes..., mapped detection). A rule matches an event where any variant does.
 */
struct sigma_variant {
	const struct sigma_rule *rule;
	uint32_t rule_index;		/* in the set */
	struct str source_name;		/* the row of logsources.yaml, or "" */
	uint32_t *feed_keys;		/* of the rule's feeds, by this source's names */
	struct sigma_node *root;
};
#endif
