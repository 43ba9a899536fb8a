#ifndef REPORT_HTML_H
#define REPORT_HTML_H
/*
 * Inside of the HTML format. The document is written in one pass: its head with style sheet and policy, the findings as they
 * come in blocks of data, and at the end, when all totals are known, what is seen: a plain page for readers without
 * JavaScript, and the script that replaces it.
 *
 * Data never meets the HTML parser as markup: it stands in <script> blocks of types that no browser runs, as JSON in which
 * <, >, & and U+2028/9 are escapes; the script puts it into the page as text only.
 */
#include "report/counts.h"

/* A page beyond these is none that a browser opens: more is counted, but not listed. */
#define HTML_RULE_ROWS 50000u		/* findings of one rule */
#define HTML_BYTES (256u << 20)		/* of all blocks */
#define HTML_BLOCK_ROWS 1024u
#define HTML_BLOCK_BYTES (512u << 10)
#define HTML_VALUE_BYTES (16u << 10)	/* of one value */
#define HTML_DETAIL_BYTES (256u << 10)	/* of one finding's details; fields behind are left out and counted */
#define HTML_PLAIN_ROWS 100u		/* findings in the page without JavaScript */

/* What `render` wrote, taken apart. */
struct html_body {
	struct str host, user, brief;
	struct str details;		/* JSON, escaped for a data block */
};
void html_body_put(struct buf *out, const struct html_body *b);
struct html_body html_body_get(struct str body);

/* JSON text with <, >, & and U+2028/9 as \u escapes. */
void html_put_json(struct buf *out, struct str json);
/* Text as HTML: the four characters as entities; control and direction characters come out visibly as "[U+202E]". */
void html_put_text(struct buf *out, struct str text);

/* The details of a finding as one JSON object without a line end, not yet escaped for HTML. */
void html_details(const struct report_finding *f, struct buf *out);

/* A finding kept for the plain page. */
struct html_plain {
	int64_t time;
	uint32_t rule;
	char *text;			/* host, file:record and brief, each with its NUL */
	size_t size;
};
typedef VEC(struct html_plain) html_plains;

struct html_totals {
	const struct report *r;
	struct report_counts *counts;
	uint64_t listed;
	html_plains plain[REPORT_SEVERITIES];
};

void html_put_head(struct buf *out);			/* up to <body> */
void html_put_plain(struct buf *out, const struct html_totals *t);	/* the page without JavaScript */
void html_put_about(struct buf *out, const struct html_totals *t);	/* the block of all totals */
void html_put_foot(struct buf *out);			/* the script, to the end */

/* page.css and page.js, and the messages that page.js says (tools/embed). */
extern const unsigned char report_page_css[], report_page_js[];
extern const unsigned report_page_css_size, report_page_js_size;
extern const char *const report_page_texts[];		/* English; ends with NULL */
#endif
