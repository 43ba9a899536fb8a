#ifndef SCAN_RULES_H
#define SCAN_RULES_H
/*
 * Inside of scan: the compiled rules.
 */
#include <yara.h>

#include "base/arena.h"
#include "base/vec.h"
#include "scan/scan.h"

struct scan_rules {
	YR_RULES *compiled;
	struct arena *texts;
	VEC(struct scan_rule_info) infos;	/* by the rule's place in the compiled table */
	uint32_t refused;
};

/* The rule's place. */
uint32_t rules_index(const struct scan_rules *r, const YR_RULE *rule);
#endif
