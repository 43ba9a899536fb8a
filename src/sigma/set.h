#ifndef SIGMA_SET_H
#define SIGMA_SET_H
/*
 * A rule set: the rules of some files, bound to log sources by a mapping. Built once, then only read. Pure: the caller
 * reads the files.
 *
 *	set = sigma_set_new();
 *	sigma_set_mapping(set, file, text, diags);	the mapping (packs/sigma/logsources.yaml)
 *	sigma_set_placeholders(set, file, text, diags);	values of %names%, where there are such files
 *	sigma_set_add(set, file, text, diags);		for each rule file
 *	sigma_set_bind(set, diags);			filters, correlations, variants and keys; then the set is const
 */
#include "base/diag.h"
#include "sigma/correlation.h"
#include "sigma/derived.h"
#include "sigma/rule.h"

struct sigma_counts {
	uint32_t loaded;		/* rules that will be evaluated, without correlations */
	uint32_t refused;		/* documents with an error */
	uint32_t unsupported;		/* valid, but needs what we do not do; of these: */
	uint32_t placeholders;		/* refused: expand without a value (detection.md 3.5) */
	uint32_t correlations, filters;	/* of these that are in use; known after sigma_set_bind */
	uint32_t files, documents;
};

struct sigma_set {
	struct arena *arena;
	struct keys *keys;
	struct sigma_rule **rules; uint32_t rule_count;	/* correlations behind all others */
	bool filters_exclude;		/* a filter's condition says what to leave out; set it before sigma_set_add */
	struct sigma_variant *variants; uint32_t variant_count;	/* in order of rule_index */
	struct sigma_derived *derived; uint32_t derived_count;
	uint32_t *derived_of_key;	/* by key, after sigma_set_bind: number + 1, or 0 */
	struct sigma_counts counts;
	struct sigma_loader *loader;	/* private to loading */
};

#define SIGMA_FILE_MAX (4u << 20)
#define SIGMA_RULES_MAX 200000u

struct sigma_set *sigma_set_new(void);
void sigma_set_free(struct sigma_set *set);
/* ERR_FORMAT where the mapping has errors (in diags). */
int sigma_set_mapping(struct sigma_set *set, struct str file, struct str text, struct diags *diags)
	__attribute__((warn_unused_result));
/*
 * A file of placeholder values for `expand`: a map of names to a value or a list of them, each written as in a rule ('*'
 * and '?' are wildcards). A later file adds to a name. ERR_FORMAT where it has errors (in diags). Before sigma_set_add.
 */
int sigma_set_placeholders(struct sigma_set *set, struct str file, struct str text, struct diags *diags)
	__attribute__((warn_unused_result));
/* Adds every document of one file. Bad documents are counted and reported in diags; the others are kept. */
void sigma_set_add(struct sigma_set *set, struct str file, struct str text, struct diags *diags);
void sigma_set_bind(struct sigma_set *set, struct diags *diags);

/* Is the event of the sources that a bound variant asks for? */
bool sigma_variant_fits(const struct sigma_variant *v, const struct event *e);

/* sigma_feed_source.find over the variants of a bound set; user: the set. The variants whose sources the event fits are
 * asked in order, and the first that has a value gives it. */
bool sigma_set_feed(const void *set, uint32_t rule, uint32_t feed, const struct event *e, struct field *out);
#endif
