#ifndef BASE_DIAG_H
#define BASE_DIAG_H
/*
 * Diagnostics: what is wrong (or doubtful) in a text that a person wrote, with its place. A reader reports all of them,
 * not only the first. Texts are copied into the list.
 */
#include "base/buf.h"

enum diag_severity { DIAG_ERROR, DIAG_UNSUPPORTED, DIAG_WARNING };

struct diag {
	enum diag_severity severity;
	const char *code;		/* short and stable, for counting: "unknown-modifier"; static */
	struct str file;
	uint32_t line, column;		/* 1-based; 0: unknown */
	struct str message;
};

struct diags;

struct diags *diags_new(void);
void diags_free(struct diags *d);
/* At most DIAGS_MAX are kept, the rest only counted. `file` may be STR_NONE. */
#define DIAGS_MAX 100000
struct diag_place { struct str file; uint32_t line, column; };
void diags_add(struct diags *d, enum diag_severity severity, const char *code, struct diag_place place,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));
size_t diags_count(const struct diags *d, enum diag_severity severity);
size_t diags_kept(const struct diags *d);
const struct diag *diags_at(const struct diags *d, size_t i);
/* "file:line:column: error: message [code]" */
void diag_print(const struct diag *d, struct buf *out);
#endif
