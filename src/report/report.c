#include "report/report.h"

#include "report/fields.h"

#include <string.h>

const struct report_format *const report_formats[] = {&report_table, &report_jsonl, &report_csv, &report_html, &report_timesketch,
							NULL};

const struct report_format *report_format_find(const char *name)
{
	for (size_t i = 0; report_formats[i]; i++) {
		if (!strcmp(report_formats[i]->name, name))
			return report_formats[i];
	}
	return NULL;
}

int report_begin(struct report *r)
{
	r->state = NULL;
	r->rows = 0;
	if (r->format->begin)
		r->format->begin(r);
	return sink_check(r->sink);
}

int report_add(struct report *r, const struct report_row *row)
{
	r->format->row(r, row);
	r->rows++;
	return sink_check(r->sink);
}

int report_end(struct report *r)
{
	if (r->format->end)
		r->format->end(r);
	return sink_check(r->sink);
}
