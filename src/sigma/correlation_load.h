#ifndef SIGMA_CORRELATION_LOAD_H
#define SIGMA_CORRELATION_LOAD_H
/*
 * Private to loading: correlation and filter documents between the file that they stand in and the binding of the set,
 * when all rules that they may name are known. correlation.c and filters.c read the documents, references.c finds what
 * they name, correlation_bind.c orders the correlations and says which fields the rules must give.
 */
#include "base/map.h"
#include "base/vec.h"
#include "sigma/correlation.h"
#include "sigma/load.h"

/* A text with its place in the file. */
struct sigma_text { struct str text; uint32_t line, column; };
struct sigma_texts { struct sigma_text *at; uint32_t count; };
struct sigma_text sigma_text_of(struct sigma_load *l, const struct yaml_node *n);
/* The values of a list, or of one scalar, that are texts; others are reported as errors with `code`. */
struct sigma_texts sigma_texts_of(struct sigma_load *l, const struct yaml_node *n, const char *code);
void sigma_report_at(struct sigma_load *l, enum diag_severity severity, const char *code, const struct sigma_text *at,
		     const char *format, ...) __attribute__((format(printf, 5, 6)));

struct sigma_alias_row { struct sigma_text rule, field; bool used; };
struct sigma_alias { struct sigma_text name; struct sigma_alias_row *rows; uint32_t count; bool used; };

enum sigma_pending_state { SIGMA_PENDING, SIGMA_RESOLVING, SIGMA_RESOLVED, SIGMA_REFUSED };

struct sigma_pending_correlation {
	struct sigma_rule *rule;
	struct sigma_correlation *made;
	struct sigma_text at;			/* the key "correlation" */
	struct sigma_texts rules, groups, values;
	struct sigma_alias *aliases; uint32_t alias_count;
	enum sigma_pending_state state;
	uint32_t *targets;			/* by rule: what was found; see references.c */
	unsigned depth;				/* 1: names only detection rules */
	uint32_t number;			/* of the rule in the set, once resolved */
};

struct sigma_pending_filter {
	struct str title, file;
	struct str product, category, service;
	struct sigma_text at;
	struct sigma_texts rules;
	bool any;
	struct sigma_node *tree; uint32_t nodes;
};

struct sigma_pending {
	VEC(struct sigma_pending_correlation *) correlations;
	VEC(struct sigma_pending_filter *) filters;
	struct map *refused;			/* ids and names of rules that did not load, folded */
};

/* One document. The reports are counted in l; what has none is kept. */
void sigma_correlation_load(struct sigma_load *l, const struct yaml_node *root);
void sigma_filter_load(struct sigma_load *l, const struct yaml_node *root);

/* Which rules and correlations bear an id or a name. Targets below rule_count are rules, the others correlations. */
struct sigma_references;
struct sigma_references *sigma_references_new(const struct sigma_set *set);
void sigma_references_free(struct sigma_references *r);
#define SIGMA_REFERENCE_NONE UINT32_MAX
#define SIGMA_REFERENCE_SEVERAL (UINT32_MAX - 1)
/*
 * What `name` means in `file`: an id or name of that file first, then an id, then a name of any file. SEVERAL: it is the
 * name of more than one.
 */
uint32_t sigma_references_find(const struct sigma_references *r, struct str name, struct str file);

/* At binding: filters onto the rules; correlations behind the rules. */
void sigma_filters_apply(struct sigma_set *set, const struct sigma_references *refs, struct diags *diags);
void sigma_correlations_bind(struct sigma_set *set, const struct sigma_references *refs, struct diags *diags);

/* set.c, document.c, condition.c */
void sigma_set_keep(struct sigma_set *set, struct sigma_rule *rule);
void sigma_document_texts(struct sigma_load *l, const struct yaml_node *root);
void sigma_document_logsource(struct sigma_load *l, const struct yaml_node *root);
/* The identifiers and conditions under `detection`; those of the keys in `skip` (ends with NULL) are not identifiers. */
struct sigma_node *sigma_document_conditions(struct sigma_load *l, const struct yaml_node *detection,
					     const char *const *skip);
#endif
