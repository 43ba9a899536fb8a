#ifndef HUNT_CORRELATION_TRY_H
#define HUNT_CORRELATION_TRY_H
/*
 * One correlation over all events of one small file (samples.h): for `truc rules explain` and `truc rules test`. The
 * naive evaluator and the plain reading of windows are what is asked.
 */
#include "hunt/correlations.h"
#include "hunt/explain.h"
#include "hunt/samples.h"

/* Errors as samples_each. *counts and *result are set either way. */
int correlation_try(const struct sigma_set *set, uint32_t rule, const char *path, const struct correlations_calls *calls,
		    struct correlations_counts *counts, struct sample_result *result) __attribute__((warn_unused_result));

/*
 * Appends which event entered which group and whether the condition came to hold. *out_holds: it did at least once.
 * Errors as samples_each.
 */
int explain_correlation(struct explain *x, uint32_t rule, const char *path, bool *out_holds)
	__attribute__((warn_unused_result));
#endif
