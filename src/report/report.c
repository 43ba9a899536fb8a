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

#define TITLE_BYTES 256u	/* titles of the catalogue are shorter */

struct str report_rule_title(const struct report_rule *rule, enum lang lang)
{
	char title[TITLE_BYTES];
	const char *shown;

	if (rule->title.n >= sizeof title)
		return rule->title;
	memcpy(title, rule->title.p, rule->title.n);
	title[rule->title.n] = '\0';
	shown = tr_to(lang, title);
	return shown == title ? rule->title : str_c(shown);
}
