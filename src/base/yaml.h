#ifndef BASE_YAML_H
#define BASE_YAML_H
/*
 * YAML text to a small tree: what the rules, mappings and settings are read from. The reader is libyaml's; the schema is
 * YAML 1.2's core one and done here, so that `no`, `on` and dates stay text. Every node knows its place, and a scalar
 * keeps the text that was written.
 *
 * Trees live in the caller's arena. An alias is the same node as its anchor: the tree may hold a node twice, never a
 * cycle. What aliases would expand to counts against the bounds below.
 */
#include "base/arena.h"
#include "base/diag.h"

#define YAML_TEXT_MAX (16u << 20)	/* bytes of a text */
#define YAML_NODES_MAX 200000u		/* of one document, aliases expanded */
#define YAML_DEPTH_MAX 64u		/* of one document, aliases expanded */
#define YAML_DOCUMENTS_MAX 10000u	/* of one text */

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

/* What the core schema says of a scalar. Quoted and block scalars are always text. */
enum yaml_type { YAML_TEXT, YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT };

struct yaml_node {
	enum yaml_kind kind;
	enum yaml_type type;		/* SCALAR */
	bool quoted;			/* SCALAR: not a plain one */
	bool block;			/* SCALAR: '|' or '>': its text begins on a later line */
	uint32_t line, column;		/* 1-based */
	uint32_t count;			/* LIST: items; MAP: pairs */
	struct str text;		/* SCALAR: followed by a NUL that is not counted */
	struct yaml_node **items;	/* LIST */
	struct yaml_pair *pairs;	/* MAP, in the order written; keys are scalars, and no two are the same text */
	uint32_t weight, height;	/* nodes below and at it, and levels, aliases expanded */
};

struct yaml_pair { struct yaml_node *key, *value; };

/* The documents of a text that could be read, empty ones left out. */
struct yaml_documents { struct yaml_node **at; uint32_t count; uint32_t bad; };

/*
 * Reads all documents of `text`. What is wrong goes to diags with code "yaml", "yaml-utf8", "yaml-duplicate-key",
 * "yaml-key" or "yaml-limit"; a document with an error is counted in out->bad and left out, those before and behind it
 * stay. `file` is only for the diagnostics.
 */
void yaml_load(struct str file, struct str text, struct arena *arena, struct diags *diags,
	       struct yaml_documents *out);

/* The value under a key; NULL where `map` is NULL, no map, or has no such key. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* True for a scalar that is not null. */
bool yaml_is_value(const struct yaml_node *n);
/* The text of a scalar that is not null, or STR_NONE (also for NULL). */
struct str yaml_text(const struct yaml_node *n);
/* The core schema's type of a plain scalar. */
enum yaml_type yaml_type_of(struct str plain);
#endif
