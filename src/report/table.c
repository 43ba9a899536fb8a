#include "base/lang.h"
#include "base/map.h"
#include "report/counts.h"
#include "report/fields.h"
#include "report/text.h"

#include <limits.h>
#include <stdlib.h>

/* The summary for people: totals by level, by host and by rule. */

#define TECHNIQUES_MAX 6u
#define ADDRESSES_MAX 4096u

static const char *const severity_colors[REPORT_SEVERITIES] = {"\033[2m", "\033[36m", "\033[33m", "\033[31m", "\033[1;31m"};

struct address {
	struct str text;		/* "192.0.2.1 VN Hà Nội AS64500 Example" */
	uint64_t n;
};

struct table {
	struct report_counts *counts;
	struct map *numbers;		/* of the addresses' texts */
	struct arena *texts;
	VEC(struct address) addresses;
	uint64_t other_addresses;	/* findings of addresses beyond ADDRESSES_MAX */
};

/* The host's name, and a line for each address that a database knows. */
static void render(const struct report_finding *f, struct buf *out)
{
	struct report_finding one = *f;

	for (size_t i = 0; i < f->host.n && i < REPORT_HOST_BYTES_MAX; i++)
		buf_byte(out, f->host.p[i] == '\n' ? ' ' : f->host.p[i]);
	for (uint32_t i = 0; i < f->geo_count; i++) {
		one.geo = &f->geo[i];
		one.geo_count = 1;
		buf_byte(out, '\n');
		report_put_geo_text(&one, out);
	}
}

static void begin(struct report *r)
{
	struct table *t = mem_alloc(sizeof *t);

	t->counts = report_counts_new(r->rule_count);
	t->numbers = map_new(64);
	t->texts = arena_new(0);
	r->state = t;
}

static void count_address(struct table *t, struct str text)
{
	uint32_t number = map_get(t->numbers, text);

	if (number == MAP_NONE && t->addresses.n == ADDRESSES_MAX) {
		t->other_addresses++;
		return;
	}
	if (number == MAP_NONE) {
		struct address *a = vec_add(&t->addresses);

		a->text = arena_str(t->texts, text);
		number = map_put(t->numbers, a->text, (uint32_t)t->addresses.n - 1);
	}
	t->addresses.at[number].n++;
}

static void put_row(struct report *r, const struct report_row *row)
{
	struct table *t = r->state;
	struct str rest = row->body, host = str_cut(&rest, '\n');

	report_counts_add(t->counts, r, row, host);
	while (rest.n)
		count_address(t, str_cut(&rest, '\n'));
}

/* --- writing --- */

struct page {
	struct buf *b;
	const struct report *r;
	unsigned width;
};

static void put_color(const struct page *p, const char *code)
{
	if (p->r->style.color)
		buf_text(p->b, code);
}

static void put_heading(const struct page *p, const char *text)
{
	buf_byte(p->b, '\n');
	put_color(p, "\033[1m");
	buf_text(p->b, text);
	put_color(p, "\033[0m");
	buf_byte(p->b, '\n');
}

static void put_severity(const struct page *p, unsigned severity)
{
	put_color(p, severity_colors[severity]);
	text_pad(p->b, str_c(report_level_text(severity)), 13, false);
	put_color(p, "\033[0m");
}

static void put_count(const struct page *p, uint64_t n, unsigned columns)
{
	struct buf text = {0};

	text_number(&text, n);
	text_pad(p->b, buf_get(&text), columns, true);
	buf_free(&text);
}

/* "2019-03-18 12:33" (UTC). */
static void put_minute(const struct page *p, int64_t time)
{
	char text[CLOCK_TEXT_MAX];
	size_t n = clock_format(time, text);

	if (n > 16)
		n = 16;
	if (n > 10)
		text[10] = ' ';
	buf_put(p->b, text, n);
}

static void put_span(const struct page *p, const struct report_count *c)
{
	if (!c->timed) {
		buf_text(p->b, tr("no time"));
		return;
	}
	put_minute(p, c->first);
	if (c->last / (60 * TICKS_PER_SECOND) != c->first / (60 * TICKS_PER_SECOND)) {
		buf_text(p->b, tr(" to "));
		put_minute(p, c->last);
	}
}

static void put_levels(const struct page *p, const struct report_counts *t)
{
	put_heading(p, tr("By level"));
	for (unsigned i = REPORT_SEVERITIES; i-- > 0;) {
		if (!t->by_severity[i])
			continue;
		buf_text(p->b, "  ");
		put_severity(p, i);
		put_count(p, t->by_severity[i], 12);
		buf_byte(p->b, '\n');
	}
}

static void put_more(const struct page *p, size_t shown, size_t all)
{
	if (shown < all)
		buf_printf(p->b, tr("  ... and %zu more: --rows %zu\n"), all - shown, all);
}

static void put_hosts(const struct page *p, struct report_counts *t)
{
	const char *const heads[REPORT_SEVERITIES] = {tr("info"), tr("low"), tr("medium"), tr("high"), tr("critical")};
	unsigned column = lang_now() == LANG_VI ? 13 : p->width < 72 ? 9 : 10, taken = 2 + REPORT_SEVERITIES * column;
	unsigned room = p->width > taken + 12 ? p->width - taken : 12;
	size_t shown;

	if (room > 40)
		room = 40;
	report_counts_sort_hosts(t);
	shown = t->hosts.n < p->r->style.rows ? t->hosts.n : p->r->style.rows;
	put_heading(p, tr("By host"));
	buf_text(p->b, "  ");
	text_pad(p->b, STR(""), room, false);
	for (unsigned i = REPORT_SEVERITIES; i-- > 0;)
		text_pad(p->b, str_c(heads[i]), column, true);
	buf_byte(p->b, '\n');
	for (size_t h = 0; h < shown; h++) {
		const struct report_host *host = &t->hosts.at[h];

		buf_text(p->b, "  ");
		text_pad(p->b, *host->name ? str_c(host->name) : str_c(tr("(no host named)")), room, false);
		for (unsigned i = REPORT_SEVERITIES; i-- > 0;)
			put_count(p, host->by_severity[i], column);
		buf_byte(p->b, '\n');
	}
	put_more(p, shown, t->hosts.n);
	if (t->other_hosts) {
		buf_text(p->b, "  ");
		buf_text(p->b, tr("findings of further hosts: "));
		text_number(p->b, t->other_hosts);
		buf_byte(p->b, '\n');
	}
}

/* ATT&CK ids out of the tags, in capitals: "T1059.001 T1105"; returns how many. */
static unsigned put_techniques(struct buf *b, const struct report_rule *rule)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < rule->tag_count && count < TECHNIQUES_MAX; i++) {
		struct str id = str_skip(rule->tags[i], 7);

		if (!report_is_technique(rule->tags[i]))
			continue;
		if (count++)
			buf_byte(b, ' ');
		buf_byte(b, 'T');
		buf_str(b, str_skip(id, 1));
	}
	return count;
}

#define RULE_INDENT 26u		/* where a rule's title begins */

static void indent(const struct page *p)
{
	text_pad(p->b, STR(""), RULE_INDENT, false);
}

static void put_when(const struct page *p, const struct report_seen *seen)
{
	struct buf line = {0};
	struct page inner = {&line, p->r, p->width};

	put_span(&inner, &seen->all);
	buf_text(&line, "  ");
	put_techniques(&line, &p->r->rules[seen->rule]);
	indent(p);
	text_put(p->b, str_trim(buf_get(&line)), p->width - RULE_INDENT);
	buf_byte(p->b, '\n');
	buf_free(&line);
}

/* Where the first finding is: "…/logs/Security.evtx:1234". A long path loses its beginning. */
static void put_where(const struct page *p, const struct report_seen *seen)
{
	struct buf record = {0};
	struct str file = str_c(seen->file);
	unsigned room = p->width - RULE_INDENT;

	buf_printf(&record, ":%llu", (unsigned long long)seen->record);
	room = room > record.n + 10 ? room - (unsigned)record.n : 10;
	indent(p);
	if (text_columns(file) > room && p->r->style.width) {
		buf_text(p->b, "…");
		while (text_columns(file) > room - 1)
			file = str_skip(file, 1);
	}
	text_put(p->b, file, p->r->style.width ? room : UINT_MAX);
	buf_str(p->b, buf_get(&record));
	buf_byte(p->b, '\n');
	buf_free(&record);
}

static void put_rule(const struct page *p, const struct report_seen *seen)
{
	const struct report_rule *rule = &p->r->rules[seen->rule];

	buf_text(p->b, "  ");
	put_severity(p, report_severity(rule));
	put_count(p, seen->all.n, 9);
	buf_text(p->b, "  ");
	text_put(p->b, report_rule_title(rule, lang_now()), p->width - RULE_INDENT);
	buf_byte(p->b, '\n');
	put_color(p, "\033[2m");
	put_when(p, seen);
	put_where(p, seen);
	put_color(p, "\033[0m");
}

static void put_rules(const struct page *p, struct report_counts *t)
{
	size_t n, shown;
	const struct report_seen **list = report_counts_rules(t, p->r, &n);

	shown = n < p->r->style.rows ? n : p->r->style.rows;
	put_heading(p, tr("By rule, with times (UTC), ATT&CK ids and the first place"));
	for (size_t i = 0; i < shown; i++)
		put_rule(p, list[i]);
	put_more(p, shown, n);
	free(list);
}

static void put_total(const struct page *p, const struct report_counts *t)
{
	put_color(p, "\033[1m");
	text_number(p->b, t->all.n);
	buf_text(p->b, t->all.n == 1 ? tr(" finding, ") : tr(" findings, "));
	put_span(p, &t->all);
	if (t->all.timed)
		buf_text(p->b, " UTC");
	put_color(p, "\033[0m");
	buf_byte(p->b, '\n');
}

static int more_findings(const void *x, const void *y)
{
	const struct address *a = x, *b = y;

	return a->n != b->n ? (a->n > b->n ? -1 : 1) : str_cmp(a->text, b->text);
}

static void put_addresses(const struct page *p, struct table *t)
{
	size_t shown = t->addresses.n < p->r->style.rows ? t->addresses.n : p->r->style.rows;

	if (!t->addresses.n)
		return;
	qsort(t->addresses.at, t->addresses.n, sizeof *t->addresses.at, more_findings);
	put_heading(p, tr("By address, with country, city and network"));
	for (size_t i = 0; i < shown; i++) {
		put_count(p, t->addresses.at[i].n, 12);
		buf_text(p->b, "  ");
		text_put(p->b, t->addresses.at[i].text, p->width - 14);
		buf_byte(p->b, '\n');
	}
	put_more(p, shown, t->addresses.n);
	if (t->other_addresses) {
		buf_text(p->b, "  ");
		buf_text(p->b, tr("findings of further addresses: "));
		text_number(p->b, t->other_addresses);
		buf_byte(p->b, '\n');
	}
}

/* Of --compare. */
static void put_compared(const struct page *p)
{
	const struct report_facts *f = p->r->facts;
	struct buf seen = {0}, gone = {0};

	if (!f || !f->compared)
		return;
	text_number(&seen, f->seen_before);
	text_number(&gone, f->not_seen_again);
	buf_printf(p->b, tr("Only what is new; seen before: %.*s, of the older report not seen any more: %.*s\n"), STR_ARGS(buf_get(&seen)),
		   STR_ARGS(buf_get(&gone)));
	buf_free(&seen);
	buf_free(&gone);
}

static void free_table(struct table *t)
{
	report_counts_free(t->counts);
	map_free(t->numbers);
	arena_free(t->texts);
	vec_free(&t->addresses);
	free(t);
}

static bool has_loss(const struct report *r)
{
	for (uint32_t i = 0; r->facts && i < r->facts->gap_count; i++) {
		if (r->facts->gaps[i].loss)
			return true;
	}
	return false;
}

static void end(struct report *r)
{
	struct table *t = r->state;
	unsigned width = r->style.width ? r->style.width : 100;
	struct page p = {&r->sink->buf, r, width < REPORT_WIDTH_MIN ? REPORT_WIDTH_MIN : width > 160 ? 160 : width};

	put_compared(&p);
	if (t->counts->all.n) {
		put_total(&p, t->counts);
		put_levels(&p, t->counts);
		put_hosts(&p, t->counts);
		put_addresses(&p, t);
		put_rules(&p, t->counts);
		buf_byte(p.b, '\n');
		buf_text(p.b, tr("A page for people: --format html -o report.html\n"
				 "Each finding with its fields: --format jsonl; with the whole event: --full too.\n"
				 "Less: --level high, --rule ID or part of a title, --host NAME, --since TIME.\n"));
	} else {
		buf_text(p.b, has_loss(r) ? tr("Nothing found in what could be read; some of the input could not be read.\n") :
			 tr("Nothing found.\n"));
	}
	free_table(t);
	r->state = NULL;
}

const struct report_format report_table = {
	.name = "table",
	.summary = "a summary by level, host and rule",
	.render = render,
	.begin = begin,
	.row = put_row,
	.end = end,
};
