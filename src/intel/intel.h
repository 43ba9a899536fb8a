#ifndef INTEL_INTEL_H
#define INTEL_INTEL_H
/*
 * intel: indicators of compromise. Texts of any supported form (plain lists, CSV, STIX 2.1, MISP) go in, a frozen set comes out,
 * and a matcher says which indicators an event's fields hold. Nothing here reads files or the clock.
 *
 * What is compared, and how (docs/intel.md has the whole table): everything without case; an address is a whole address, a
 * name whole labels, a hash a whole run of hex digits, so that 1.2.3.4 is not met by 1.2.3.40 nor evil.example by
 * notevil.example. A name of a list means its sub-domains too; one of a STIX pattern or of MISP's "hostname" means itself.
 *
 * A set is filled by one thread (intel_read, intel_allow), frozen, and then only read, by any number of matchers.
 */
#include "base/diag.h"
#include "event/event.h"

enum intel_type {
	INTEL_IPV4, INTEL_IPV6,		/* an address, or a network in prefix notation */
	INTEL_DOMAIN, INTEL_URL, INTEL_EMAIL,
	INTEL_MD5, INTEL_SHA1, INTEL_SHA256, INTEL_SHA512, INTEL_IMPHASH,
	INTEL_FILE_NAME, INTEL_FILE_PATH,
	INTEL_USER_AGENT, INTEL_REGISTRY_KEY, INTEL_MUTEX,
	INTEL_PATTERN,			/* a STIX pattern of several comparisons that must all hold in one event */
	INTEL_TYPES
};

enum intel_level { INTEL_LOW, INTEL_MEDIUM, INTEL_HIGH, INTEL_LEVELS };

struct intel_type_info {
	const char *name;		/* STIX 2.1's: "ipv4-addr", "file:hashes.MD5" */
	const char *id;			/* of findings: "indicator:ipv4-addr", "indicator:file-md5" */
	const char *title;		/* "Indicator of compromise: IPv4 address" */
};
const struct intel_type_info *intel_type_info(enum intel_type type);
const char *intel_level_name(enum intel_level level);	/* "low" ...: as Sigma writes them */

/* --- the set --- */

#define INTEL_VALUE_MAX 4096u		/* bytes of one value */
#define INTEL_TEXT_MAX (1u << 30)	/* bytes of one text that intel_read takes */
#define INTEL_INDICATORS_MAX 50000000u

struct intel_counts {
	uint64_t loaded[INTEL_TYPES];	/* in the set after intel_freeze */
	uint64_t duplicates;		/* met again with the same validity */
	uint64_t refused;		/* wrong, or of unclear type */
	uint64_t unused;		/* right, but of a kind that is not matched; each has its reason in the diagnostics */
	uint64_t revoked;		/* or deleted at the source */
	uint64_t expired;		/* at `now`, where that is what counts */
	uint64_t expired_now;		/* in the set, but no longer valid at the time that intel_new got */
	uint64_t allowed;		/* taken out by an allow-list */
	uint64_t allow_entries;		/* loaded of allow-lists */
};
uint64_t intel_counts_total(const struct intel_counts *c);	/* sum of loaded */

struct intel;
/*
 * `now` is the time of today for figures. Where `judge_now` is set, validity is judged at `now` and what is not valid then is
 * left out; else at each event's time. `diags` is borrowed until the set is freed; problems go there: errors for what is
 * refused, unsupported for what is unused, warnings for the rest.
 */
struct intel *intel_new(int64_t now, bool judge_now, struct diags *diags);
void intel_free(struct intel *set);
/*
 * Adds all indicators of a text; its format is told from its content. `file` names it in diagnostics and findings. 0;
 * ERR_FORMAT where nothing in it was understood (a diagnostic says so), ERR_LIMIT.
 */
int intel_read(struct intel *set, struct str file, struct str text) __attribute__((warn_unused_result));
/* Adds an allow-list: MISP's warninglists (JSON), or a plain list. Same errors. */
int intel_allow(struct intel *set, struct str file, struct str text) __attribute__((warn_unused_result));
/* Takes out what is allowed and builds the tables. Once; afterwards only what is below. */
void intel_freeze(struct intel *set);
const struct intel_counts *intel_counts(const struct intel *set);
/* True where some indicator is of this type (for the costly ones: hashes of files). */
bool intel_has(const struct intel *set, enum intel_type type);

struct intel_indicator {
	enum intel_type type;
	enum intel_level level;
	struct str value;		/* as the source writes it, refanged */
	struct str file, name;		/* where it came from, and its name there or STR_NONE */
	int64_t valid_from, valid_until;	/* TICKS_NONE: no bound */
};
/* The texts live as long as the set. `id` is what intel_match gave. */
struct intel_indicator intel_indicator(const struct intel *set, uint32_t id);

/* --- matching --- */

/* One thread's matcher. */
struct intel_matcher;
struct intel_matcher *intel_matcher_new(const struct intel *set);
void intel_matcher_free(struct intel_matcher *m);

#define INTEL_MATCHES_MAX 256u		/* indicators of one event; more are counted */
#define INTEL_FIELDS_MAX 16u		/* fields named of one indicator */
struct intel_match {
	uint32_t id;
	uint32_t field_count;
	uint32_t fields[INTEL_FIELDS_MAX];	/* indices into the event's fields, ascending */
};
/* Which valid indicators the event's fields hold, each once; they live until the next call. */
uint32_t intel_match(struct intel_matcher *m, const struct event *e, const struct intel_match **out);

struct intel_matcher_stats {
	uint64_t outside;	/* met, but not valid at the event's time */
	uint64_t untimed;	/* met in an event without a time, and taken as valid */
	uint64_t dropped;	/* past INTEL_MATCHES_MAX */
};
const struct intel_matcher_stats *intel_matcher_stats(const struct intel_matcher *m);

/* The same without any filter, table or vector path, each candidate compared with each indicator: the oracle of tests. */
uint32_t intel_match_naive(struct intel_matcher *m, const struct event *e, const struct intel_match **out);
#endif
