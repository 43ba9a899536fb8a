#ifndef CORRELATE_VALUES_H
#define CORRELATE_VALUES_H
/*
 * How often each value is in the window of each group. Values are kept once whatever the number of groups that have them;
 * counts are in one hash table of (group, value), so a group costs what it holds.
 */
#include <stdbool.h>

#include "base/str.h"
#include "correlate/tally.h"

struct values;

struct values *values_new(struct tally *t);
void values_free(struct values *v);
/* Adds one of `value` to the group. *out_id names the value until it is removed as often as it was added. True where the
 * group did not have it before. */
bool values_add(struct values *v, uint32_t group, struct str value, uint32_t *out_id);
/* Takes one away again. True where the group does not have it any more. */
bool values_remove(struct values *v, uint32_t group, uint32_t id);
#endif
