#include "hunt/extras.h"

void extras_begin(struct extras *x, struct compare *compare, const struct geoip *geoip, const struct report_format *format)
{
	*x = (struct extras){.compare = compare, .needs_time = format->needs_time};
	if (geoip)
		x->geoip = geoip_reader_new(geoip);
}

void extras_end(struct extras *x)
{
	geoip_reader_free(x->geoip);
	buf_free(&x->scratch);
}

bool extras_apply(struct extras *x, struct report_finding *f)
{
	if (x->compare && compare_has(x->compare, f, &x->scratch)) {
		x->seen_before++;
		return false;
	}
	if (x->needs_time && f->time == TICKS_NONE) {
		x->undated++;
		return false;
	}
	if (x->geoip) {
		f->geo = x->geo;
		f->geo_count = geoip_find(x->geoip, f->fields, f->field_count, x->geo);
	}
	return true;
}
