#ifndef REPORT_FIELDS_H
#define REPORT_FIELDS_H
/*
 * What the formats share: their rows, and a finding's fields as one JSON object (a name that occurs several times gives
 * a list; values keep their kinds).
 */
#include "report/report.h"

extern const struct report_format report_table, report_jsonl, report_csv, report_html, report_timesketch;

void report_put_fields(const struct report_finding *f, struct buf *b);
/* The parts of a correlation's finding, as a JSON list. */
void report_put_events(const struct report_finding *f, struct buf *b);
/* [{"address","country","city","asn","organisation"}, ...] */
void report_put_geo(const struct report_finding *f, struct buf *b);
/* "192.0.2.1 VN Hà Nội AS64500 Example; ..." */
void report_put_geo_text(const struct report_finding *f, struct buf *b);
/* The first fields in one line of about REPORT_BRIEF_BYTES: "Image: C:\\x.exe  User: ann"; bytes as they stand in the log. */
void report_put_brief(const struct report_finding *f, struct buf *b);
#define REPORT_BRIEF_BYTES 240u
/* The first `max` bytes (at least 4), not ending within a character. */
struct str report_head(struct str s, size_t max);
/* The text form of a value, in `room` until it is used again. */
struct str report_text(const struct field *f, struct buf *room);
#endif
