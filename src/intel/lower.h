#ifndef INTEL_LOWER_H
#define INTEL_LOWER_H
/*
 * Inside of intel: what a STIX pattern means for looking values up: alternatives, each a list of values that must all be met in
 * one event. What cannot be put so is an alternative with its reason.
 */
#include "intel/pattern.h"
#include "intel/parts.h"

#define LOWER_LEAVES_MAX 16u
#define LOWER_ALTERNATIVES_MAX 65536u

enum { LOWER_FOLDER = INTEL_TYPES + 1 };	/* of a leaf: the folder of a file that another leaf names */

struct lower_leaf { unsigned type; struct str value; };

struct lower_conj {
	struct lower_leaf *leaves;
	uint32_t count;
	int64_t from, until;	/* of START and STOP, or TICKS_NONE */
	const char *why;	/* it is not looked up; or NULL */
	bool joined;		/* several observations, that STIX does not ask to be one event */
};

struct lower_list { struct lower_conj *at; uint32_t n; };

struct lower_list lower_pattern(const struct pattern_node *pattern, struct arena *a);
#endif
