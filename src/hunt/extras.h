#ifndef HUNT_EXTRAS_H
#define HUNT_EXTRAS_H
/*
 * What happens to every finding, of a rule, a correlation or an indicator, before it is rendered: is it known from the older
 * report, can the format write it, and where are its addresses. One for each thread that keeps findings.
 */
#include "hunt/compare.h"
#include "hunt/geoip.h"

struct extras {
	struct compare *compare;	/* not owned; or NULL */
	struct geoip_reader *geoip;	/* or NULL */
	bool needs_time;
	struct report_geo geo[GEOIP_PER_FINDING];
	struct buf scratch;
	uint64_t seen_before;		/* findings that the older report has */
	uint64_t undated;		/* that the format cannot write without a time */
};

void extras_begin(struct extras *x, struct compare *compare, const struct geoip *geoip, const struct report_format *format);
void extras_end(struct extras *x);
/* False: the finding is counted here and not kept. Else f->geo may point into *x, until the next call. */
bool extras_apply(struct extras *x, struct report_finding *f);
#endif
