#include "report/html.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/lang.h"
#include "report/text.h"

/* --- head and foot --- */

static void put_base64(struct buf *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned long v = (unsigned long)p[i] << 16;

		v |= i + 1 < n ? (unsigned long)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? (unsigned long)p[i + 2] : 0;
		buf_byte(out, digits[v >> 18]);
		buf_byte(out, digits[v >> 12 & 63]);
		buf_byte(out, i + 1 < n ? digits[v >> 6 & 63] : '=');
		buf_byte(out, i + 2 < n ? digits[v & 63] : '=');
	}
}

/* 'sha256-...': what the policy allows to run is told by its hash, so nothing else ever does. */
static void put_hash(struct buf *out, const unsigned char *p, unsigned size)
{
	uint8_t digest[SHA256_SIZE];

	sha256_of(p, size, digest);
	buf_text(out, "'sha256-");
	put_base64(out, digest, sizeof digest);
	buf_byte(out, '\'');
}

static void put_tr(struct buf *out, const char *text)
{
	html_put_text(out, str_c(text));
}

void html_put_head(struct buf *out)
{
	buf_printf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", lang_code(lang_now()));
	buf_text(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src ");
	put_hash(out, report_page_js, report_page_js_size);
	buf_text(out, "; style-src ");
	put_hash(out, report_page_css, report_page_css_size);
	buf_text(out, "; base-uri 'none'; form-action 'none'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		 "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	put_tr(out, tr("Threat hunt report"));
	buf_text(out, "</title>\n<style>");
	buf_put(out, report_page_css, report_page_css_size);
	buf_text(out, "</style>\n</head>\n<body>\n");
}

void html_put_foot(struct buf *out)
{
	buf_text(out, "<script>");
	buf_put(out, report_page_js, report_page_js_size);
	buf_text(out, "</script>\n</body>\n</html>\n");
}

/* --- the plain page --- */

static void put_number_cell(struct buf *out, uint64_t n)
{
	buf_text(out, "<td class=\"n\">");
	text_number(out, n);
	buf_text(out, "</td>");
}

static void put_cell(struct buf *out, struct str text)
{
	buf_text(out, "<td>");
	html_put_text(out, text);
	buf_text(out, "</td>");
}

/* "2019-03-18 12:33:05" */
static void put_second(struct buf *out, int64_t time)
{
	char text[CLOCK_TEXT_MAX];
	size_t n = clock_format(time, text);

	n = n > 19 ? 19 : n;
	if (n > 10)
		text[10] = ' ';
	buf_put(out, text, n);
}

static void put_time_cell(struct buf *out, bool known, int64_t time)
{
	buf_text(out, "<td class=\"t\">");
	if (known)
		put_second(out, time);
	buf_text(out, "</td>");
}

static void put_heads(struct buf *out, const char *const *heads, size_t count)
{
	buf_text(out, "<table><thead><tr>");
	for (size_t i = 0; i < count; i++) {
		buf_text(out, "<th scope=\"col\">");
		put_tr(out, heads[i]);
		buf_text(out, "</th>");
	}
	buf_text(out, "</tr></thead><tbody>\n");
}

static void put_section(struct buf *out, const char *heading)
{
	buf_text(out, "<h2>");
	put_tr(out, heading);
	buf_text(out, "</h2>\n");
}

static void put_amount(struct buf *out, uint64_t n, const char *text)
{
	text_number(out, n);
	buf_byte(out, ' ');
	put_tr(out, text);
}

static void put_facts(struct buf *out, const struct report_facts *f)
{
	buf_text(out, "<p>");
	put_amount(out, f->files, f->files == 1 ? tr("file") : tr("files"));
	buf_text(out, ", ");
	text_bytes(out, f->bytes);
	buf_text(out, ", ");
	put_amount(out, f->events, f->events == 1 ? tr("event") : tr("events"));
	if (f->first_event != TICKS_NONE) {
		buf_text(out, ", ");
		put_second(out, f->first_event);
		buf_text(out, " – ");
		put_second(out, f->last_event);
		buf_text(out, " UTC");
	}
	buf_text(out, ". ");
	put_amount(out, f->rules_used, tr("rules"));
	buf_text(out, ".</p>\n");
	if (f->interrupted) {
		buf_text(out, "<p><strong>");
		put_tr(out, tr("The hunt was interrupted: this is only a part of the result."));
		buf_text(out, "</strong></p>\n");
	}
}

static void put_levels(struct buf *out, const struct report_counts *c)
{
	buf_text(out, "<table><tbody>\n");
	for (unsigned s = REPORT_SEVERITIES; s-- > 0;) {
		buf_printf(out, "<tr><th scope=\"row\" class=\"l%u\">", s);
		put_tr(out, report_level_text(s));
		buf_text(out, "</th>");
		put_number_cell(out, c->by_severity[s]);
		buf_text(out, "</tr>\n");
	}
	buf_text(out, "</tbody></table>\n");
}

static void put_gaps(struct buf *out, const struct report_facts *f)
{
	const char *heads[] = {tr("Cause"), tr("Count"), tr("First places")};

	if (!f->gap_count)
		return;
	put_section(out, tr("What could not be read, or is doubtful"));
	put_heads(out, heads, 3);
	for (uint32_t i = 0; i < f->gap_count; i++) {
		buf_text(out, "<tr>");
		put_cell(out, str_c(tr(f->gaps[i].text)));
		put_number_cell(out, f->gaps[i].count);
		put_cell(out, f->gaps[i].places);
		buf_text(out, "</tr>\n");
	}
	buf_text(out, "</tbody></table>\n");
}

static void put_hosts(struct buf *out, const struct report_counts *c)
{
	const char *heads[] = {tr("Machine"), tr("critical"), tr("high"), tr("medium"), tr("low"), tr("informational")};

	put_section(out, tr("Machines"));
	put_heads(out, heads, 6);
	for (size_t i = 0; i < c->hosts.n && i < HTML_PLAIN_ROWS; i++) {
		const struct report_host *h = &c->hosts.at[i];

		buf_text(out, "<tr>");
		put_cell(out, *h->name ? str_c(h->name) : str_c(tr("(no machine named)")));
		for (unsigned s = REPORT_SEVERITIES; s-- > 0;)
			put_number_cell(out, h->by_severity[s]);
		buf_text(out, "</tr>\n");
	}
	buf_text(out, "</tbody></table>\n");
}

static void put_rules(struct buf *out, const struct html_totals *t, const struct report_seen **list, size_t n)
{
	const char *heads[] = {tr("Level"), tr("Rule"), tr("Findings"), tr("First"), tr("Last")};

	put_section(out, tr("Rules"));
	put_heads(out, heads, 5);
	for (size_t i = 0; i < n; i++) {
		const struct report_rule *rule = &t->r->rules[list[i]->rule];
		unsigned s = report_severity(rule);

		buf_printf(out, "<tr><td class=\"l%u\">", s);
		put_tr(out, report_level_text(s));
		buf_text(out, "</td>");
		put_cell(out, report_rule_title(rule, lang_now()));
		put_number_cell(out, list[i]->all.n);
		put_time_cell(out, list[i]->all.timed, list[i]->all.first);
		put_time_cell(out, list[i]->all.timed, list[i]->all.last);
		buf_text(out, "</tr>\n");
	}
	buf_text(out, "</tbody></table>\n");
}

static void put_finding(struct buf *out, const struct html_totals *t, const struct html_plain *p)
{
	const struct report_rule *rule = &t->r->rules[p->rule];
	struct str host = str_c(p->text), place = str_c(host.p + host.n + 1), brief = str_c(place.p + place.n + 1);
	unsigned s = report_severity(rule);

	buf_text(out, "<tr>");
	put_time_cell(out, p->time != TICKS_NONE, p->time);
	buf_printf(out, "<td class=\"l%u\">", s);
	put_tr(out, report_level_text(s));
	buf_text(out, "</td>");
	put_cell(out, host);
	put_cell(out, report_rule_title(rule, lang_now()));
	put_cell(out, brief);
	put_cell(out, place);
	buf_text(out, "</tr>\n");
}

static void put_findings(struct buf *out, const struct html_totals *t)
{
	const char *heads[] = {tr("Time (UTC)"), tr("Level"), tr("Machine"), tr("Rule"), tr("What"), tr("Where")};
	unsigned shown = 0;

	put_section(out, tr("The worst findings"));
	put_heads(out, heads, 6);
	for (unsigned s = REPORT_SEVERITIES; s-- > 0;) {
		for (size_t i = 0; i < t->plain[s].n && shown < HTML_PLAIN_ROWS; i++, shown++)
			put_finding(out, t, &t->plain[s].at[i]);
	}
	buf_text(out, "</tbody></table>\n");
}

void html_put_plain(struct buf *out, const struct html_totals *t)
{
	size_t n;
	const struct report_seen **list = report_counts_rules(t->counts, t->r, &n);

	buf_text(out, "<main id=\"plain\">\n<h1>");
	put_tr(out, tr("Threat hunt report"));
	buf_text(out, "</h1>\n");
	if (t->r->facts)
		put_facts(out, t->r->facts);
	put_levels(out, t->counts);
	if (t->r->facts)
		put_gaps(out, t->r->facts);
	if (t->counts->all.n) {
		put_hosts(out, t->counts);
		put_rules(out, t, list, n < HTML_PLAIN_ROWS ? n : HTML_PLAIN_ROWS);
		put_findings(out, t);
	}
	buf_text(out, "<noscript><p>");
	put_tr(out, tr("With JavaScript this page shows all findings, a timeline and filters. It loads nothing from the network."));
	buf_text(out, "</p></noscript>\n</main>\n");
	vec_release((void *)(uintptr_t)list);
}
