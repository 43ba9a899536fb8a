#ifndef INTEL_ALLOW_H
#define INTEL_ALLOW_H
/*
 * Inside of intel: allow-lists, what is known to be harmless and common. Kinds are those of MISP's warninglists: string (the
 * whole value), hostname (a name and what is below it), substring, cidr, regex.
 */
#include "intel/parts.h"

struct allow *allow_new(void);
void allow_free(struct allow *a);
int allow_read_json(struct allow *a, struct intel_context *c, struct str text) __attribute__((warn_unused_result));
int allow_read_lines(struct allow *a, struct intel_context *c, struct str text) __attribute__((warn_unused_result));
bool allow_covers(const struct allow *a, const struct intel_entry *e);
#endif
