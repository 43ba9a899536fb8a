#ifndef REPORT_FIELDS_H
#define REPORT_FIELDS_H
/*
 * What the formats share: their rows, and a finding's fields as one JSON object (a name that occurs several times gives
 * a list; values keep their kinds).
 */
#include "report/report.h"

extern const struct report_format report_table, report_jsonl, report_csv, report_html;

void report_put_fields(const struct report_finding *f, struct buf *b);
/* The parts of a correlation's finding, as a JSON list. */
void report_put_events(const struct report_finding *f, struct buf *b);
/* [{"address","country","city","asn","organisation"}, ...] */
void report_put_geo(const struct report_finding *f, struct buf *b);
#endif
