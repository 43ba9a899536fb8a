#ifndef SIGMA_LOAD_H
#define SIGMA_LOAD_H
/*
 * Private to loading: one document on its way from YAML to a rule, and the mapping while a set is being made.
 *
 * detection.c makes the tree of each search identifier, item.c of each "field|modifiers: values" below it, condition.c
 * joins them, document.c reads the rest, mapping.c the log sources, bind.c makes the variants.
 */
#include "base/yaml.h"
#include "sigma/pattern.h"
#include "sigma/set.h"

#define SIGMA_NODES_MAX 100000u		/* of one rule's tree */
#define SIGMA_FIELDS_MAX 4096u		/* names that one rule tests */

struct sigma_load {
	struct sigma_set *set;
	struct arena *arena;		/* the set's: what a rule keeps */
	struct arena *scratch;		/* of this file: the YAML tree and what is made on the way */
	struct diags *diags;
	struct str file;
	struct sigma_rule *rule;
	uint32_t errors, unsupported, placeholders;	/* of this document */
	uint32_t nodes;
	bool full;			/* SIGMA_NODES_MAX was reported */
};

/* Reports a problem at a node (NULL: the file) and counts it. */
void sigma_report(struct sigma_load *l, enum diag_severity severity, const char *code, const struct yaml_node *at,
		  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Nodes; NULL once the rule has too many. */
struct sigma_node *sigma_node_new(struct sigma_load *l, enum sigma_node_kind kind, uint32_t line);
/* AND or OR over `children` (copied): no child TRUE or FALSE, one child the child itself. */
struct sigma_node *sigma_node_join(struct sigma_load *l, enum sigma_node_kind kind, struct sigma_node **children,
				   uint32_t count);
struct sigma_node *sigma_node_not(struct sigma_load *l, struct sigma_node *child);

/* One item of a map ("Image|endswith": values), or keywords (key NULL, or without a field name). NULL after an error. */
struct sigma_node *sigma_item_load(struct sigma_load *l, const struct yaml_node *key, const struct yaml_node *values);
/* A search identifier's value. NULL after an error. */
struct sigma_node *sigma_detection_load(struct sigma_load *l, const struct yaml_node *value);

struct sigma_identifier { struct str name; struct sigma_node *node; const struct yaml_node *at; bool used; };
/* The tree of one condition. NULL after an error. */
struct sigma_node *sigma_condition_load(struct sigma_load *l, const struct yaml_node *condition,
					struct sigma_identifier *ids, uint32_t id_count);

/* A document that is a rule; true where it was added to the set's rules. */
bool sigma_document_load(struct sigma_load *l, const struct yaml_node *root);
/* placeholders.c: the values of %name%, or NULL where it is not set. */
const struct sigma_placeholder *sigma_placeholder_find(const struct sigma_set *set, struct str name);
#define SIGMA_PLACEHOLDER_VALUES_MAX 10000u	/* alternatives that one value becomes */
struct sigma_expanded { struct sigma_pattern *at; uint32_t count; bool unset, full; };
/*
 * The pattern with each %name% in its literals replaced by each of its values; "\\%" is a percent sign. Names that are
 * not set are reported, then unset is true.
 */
struct sigma_expanded sigma_placeholders_expand(struct sigma_load *l, const struct yaml_node *at, struct sigma_pattern p);
/* The same for a regex: "(?:value|value)" stands for the name. STR_NONE where one is not set. */
struct str sigma_placeholders_expand_regex(struct sigma_load *l, const struct yaml_node *at, struct str text);

/* Notes a field that the rule tests. */
void sigma_rule_note_field(struct sigma_load *l, struct str field);

/* ---- the mapping ---- */

struct sigma_field_map {
	struct str from;		/* the rule's name; compared without case */
	uint32_t key;			/* the event's, or the derived field's; KEY_NONE: absent */
};

/* One row of logsources.yaml. */
struct sigma_row {
	struct str name;
	struct str product, category, service;		/* which rules: STR_NONE where it does not say */
	struct sigma_source *sources; uint32_t source_count;	/* what the event must be */
	struct sigma_node **tests; uint32_t test_count;	/* and must hold; keys are set */
	struct sigma_field_map *fields; uint32_t field_count;
};

struct sigma_pending;		/* correlation_load.h */
struct sigma_placeholder { struct str name; struct str *values; uint32_t count, cap; };

struct sigma_loader {
	struct sigma_pending *pending;
	struct map *placeholder_names;			/* to a place in placeholders */
	struct sigma_placeholder *placeholders; uint32_t placeholder_count, placeholder_cap;
	struct sigma_row *rows; uint32_t row_count;
	struct str *closed; uint32_t closed_count;	/* products whose sources are all listed */
	struct arena *scratch;
	struct map *ids;				/* of rules: where each was met first */
	uint32_t rule_cap, variant_cap;
};

#define SIGMA_ROWS_MAX 4096u
#endif
