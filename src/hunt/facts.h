#ifndef HUNT_FACTS_H
#define HUNT_FACTS_H
/*
 * What a report says of the job itself: a hunt's result in the terms of report.h.
 */
#include "base/arena.h"
#include "hunt/hunt.h"

/* The texts lie in the arena or in the result. */
void facts_make(const struct hunt_result *r, const struct sigma_counts *rules, struct arena *a, struct report_facts *out);
/* A cause by which something was lost; a file in no known format is one where it was named on the command line. */
bool facts_is_loss(const struct hunt_result *r, unsigned cause);
#endif
