#ifndef HUNT_CORRELATION_FINDINGS_H
#define HUNT_CORRELATION_FINDINGS_H
/*
 * Episodes of correlations to findings: the second half of a hunt's detection, behind the last event.
 */
#include "hunt/pool.h"

/*
 * Runs the correlations over what the workers kept, and adds their findings to the pool's spool. A finding's time is that
 * at which the condition became true, its place that of the match that made it true; its fields are the group's values;
 * host and user are those of the group, else the host on which all parts agree.
 */
void correlation_findings(struct pool *p);
#endif
