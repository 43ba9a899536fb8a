#include "report/fields.h"
#include "report/text.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

/*
 * The summary for people: totals by level, by host and by rule. Findings are only counted here, so it takes the same
 * memory for one as for a billion; names of hosts are bounded by HOSTS_MAX.
 */

#define SEVERITIES 5u
#define HOSTS_MAX 4096u
#define HOST_BYTES_MAX 255u
#define TECHNIQUES_MAX 6u

static const char *const severity_names[SEVERITIES] = {"informational", "low", "medium", "high", "critical"};
static const char *const severity_colors[SEVERITIES] = {"\033[2m", "\033[36m", "\033[33m", "\033[31m", "\033[1;31m"};

struct count {
	uint64_t n;
	bool timed;
	int64_t first, last;
};

struct host {
	char *name;		/* NULL: the findings without a host */
	struct count all;
	uint64_t by_severity[SEVERITIES];
	uint32_t next;		/* in its bucket, +1 */
};

struct seen_rule {
	struct count all;
	uint32_t rule;
	char *file;			/* of the first finding */
	uint64_t record;
};

struct table {
	struct count all;
	uint64_t by_severity[SEVERITIES];
	struct seen_rule *rules;	/* by index */
	VEC(struct host) hosts;
	uint32_t buckets[1024];		/* index in hosts, +1 */
	uint64_t other_hosts;		/* findings of hosts beyond HOSTS_MAX */
};

static unsigned severity_of(const struct report_rule *rule)
{
	return rule->severity < SEVERITIES ? rule->severity : 0;
}

/* The body is only the host's name. */
static void render(const struct report_finding *f, struct buf *out)
{
	buf_str(out, str_head(f->host, HOST_BYTES_MAX));
}

static void begin(struct report *r)
{
	struct table *t = mem_alloc(sizeof *t);

	t->rules = mem_alloc((r->rule_count + 1) * sizeof *t->rules);
	r->state = t;
}

static void count_one(struct count *c, int64_t time)
{
	c->n++;
	if (time == TICKS_NONE)
		return;
	/* Rows come in order of time, those without one first. */
	if (!c->timed)
		c->first = time;
	c->timed = true;
	c->last = time;
}

static uint32_t hash_name(struct str name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ ascii_lower((unsigned char)name.p[i])) * 16777619u;
	return h % 1024;
}

/* The host's row, made where it is new; NULL beyond HOSTS_MAX. */
static struct host *find_host(struct table *t, struct str name)
{
	uint32_t *bucket = &t->buckets[hash_name(name)];
	struct host *h;

	for (uint32_t i = *bucket; i; i = t->hosts.at[i - 1].next) {
		if (str_eq_nocase(str_c(t->hosts.at[i - 1].name), name))
			return &t->hosts.at[i - 1];
	}
	if (t->hosts.n == HOSTS_MAX)
		return NULL;
	h = vec_add(&t->hosts);
	h->name = mem_alloc(name.n + 1);
	memcpy(h->name, name.p, name.n);
	h->next = *bucket;
	*bucket = (uint32_t)t->hosts.n;
	return h;
}

static void count_host(struct table *t, const struct report_row *row, unsigned severity)
{
	struct host *h = find_host(t, row->body);

	if (!h) {
		t->other_hosts++;
		return;
	}
	count_one(&h->all, row->time);
	h->by_severity[severity]++;
}

static void put_row(struct report *r, const struct report_row *row)
{
	struct table *t = r->state;
	unsigned severity = severity_of(&r->rules[row->rule]);
	struct seen_rule *seen = &t->rules[row->rule];

	count_one(&t->all, row->time);
	t->by_severity[severity]++;
	count_host(t, row, severity);
	if (!seen->all.n) {
		seen->rule = row->rule;
		seen->record = row->record;
		seen->file = mem_alloc(row->file.n + 1);
		memcpy(seen->file, row->file.p, row->file.n);
	}
	count_one(&seen->all, row->time);
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
	text_pad(p->b, str_c(severity_names[severity]), 13, false);
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

static void put_span(const struct page *p, const struct count *c)
{
	if (!c->timed) {
		buf_text(p->b, "no time");
		return;
	}
	put_minute(p, c->first);
	if (c->last / (60 * TICKS_PER_SECOND) != c->first / (60 * TICKS_PER_SECOND)) {
		buf_text(p->b, " to ");
		put_minute(p, c->last);
	}
}

static void put_levels(const struct page *p, const struct table *t)
{
	put_heading(p, "By level");
	for (unsigned i = SEVERITIES; i-- > 0;) {
		if (!t->by_severity[i])
			continue;
		buf_text(p->b, "  ");
		put_severity(p, i);
		put_count(p, t->by_severity[i], 12);
		buf_byte(p->b, '\n');
	}
}

static int worse_host(const void *x, const void *y)
{
	const struct host *a = x, *b = y;

	for (unsigned i = SEVERITIES; i-- > 0;) {
		if (a->by_severity[i] != b->by_severity[i])
			return a->by_severity[i] > b->by_severity[i] ? -1 : 1;
	}
	return strcmp(a->name, b->name);
}

static void put_more(const struct page *p, size_t shown, size_t all, const char *what)
{
	if (shown < all) {
		buf_printf(p->b, "  ... and %zu more %s%s: --rows %zu\n", all - shown, what, all - shown == 1 ? "" : "s", all);
	}
}

static void put_hosts(const struct page *p, struct table *t)
{
	static const char *const heads[SEVERITIES] = {"info", "low", "medium", "high", "critical"};
	unsigned column = p->width < 72 ? 9 : 10, taken = 2 + SEVERITIES * column;
	unsigned room = p->width > taken + 12 ? p->width - taken : 12;
	size_t shown;

	if (room > 40)
		room = 40;
	qsort(t->hosts.at, t->hosts.n, sizeof *t->hosts.at, worse_host);
	shown = t->hosts.n < p->r->style.rows ? t->hosts.n : p->r->style.rows;
	put_heading(p, "By host");
	buf_text(p->b, "  ");
	text_pad(p->b, STR(""), room, false);
	for (unsigned i = SEVERITIES; i-- > 0;)
		text_pad(p->b, str_c(heads[i]), column, true);
	buf_byte(p->b, '\n');
	for (size_t h = 0; h < shown; h++) {
		const struct host *host = &t->hosts.at[h];

		buf_text(p->b, "  ");
		text_pad(p->b, *host->name ? str_c(host->name) : STR("(no host named)"), room, false);
		for (unsigned i = SEVERITIES; i-- > 0;)
			put_count(p, host->by_severity[i], column);
		buf_byte(p->b, '\n');
	}
	put_more(p, shown, t->hosts.n, "host");
	if (t->other_hosts) {
		buf_text(p->b, "  findings of further hosts: ");
		text_number(p->b, t->other_hosts);
		buf_byte(p->b, '\n');
	}
}

static bool is_technique(struct str tag)
{
	return tag.n >= 12 && str_starts_nocase(tag, STR("attack.t")) && ascii_is_digit((unsigned char)tag.p[8]);
}

/* ATT&CK ids out of the tags, in capitals: "T1059.001 T1105"; returns how many. */
static unsigned put_techniques(struct buf *b, const struct report_rule *rule)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < rule->tag_count && count < TECHNIQUES_MAX; i++) {
		struct str id = str_skip(rule->tags[i], 7);

		if (!is_technique(rule->tags[i]))
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

static void put_when(const struct page *p, const struct seen_rule *seen)
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
static void put_where(const struct page *p, const struct seen_rule *seen)
{
	struct buf record = {0};
	struct str file = str_c(seen->file);
	unsigned room = p->width - RULE_INDENT;

	buf_printf(&record, ":%llu", (unsigned long long)seen->record);
	room = room > record.n + 10 ? room - (unsigned)record.n : 10;
	indent(p);
	if (text_columns(file) > room) {
		buf_text(p->b, "…");
		while (text_columns(file) > room - 1)
			file = str_skip(file, 1);
	}
	text_put(p->b, file, room);
	buf_str(p->b, buf_get(&record));
	buf_byte(p->b, '\n');
	buf_free(&record);
}

static void put_rule(const struct page *p, const struct seen_rule *seen)
{
	const struct report_rule *rule = &p->r->rules[seen->rule];

	buf_text(p->b, "  ");
	put_severity(p, severity_of(rule));
	put_count(p, seen->all.n, 9);
	buf_text(p->b, "  ");
	text_put(p->b, rule->title, p->width - RULE_INDENT);
	buf_byte(p->b, '\n');
	put_color(p, "\033[2m");
	put_when(p, seen);
	put_where(p, seen);
	put_color(p, "\033[0m");
}

struct order {
	const struct report *r;
	const struct table *t;
};

static int worse_rule(const void *x, const void *y, void *user)
{
	const struct order *o = user;
	const struct seen_rule *a = *(const struct seen_rule *const *)x, *b = *(const struct seen_rule *const *)y;
	const struct report_rule *ra = &o->r->rules[a->rule], *rb = &o->r->rules[b->rule];
	int by_title;

	if (severity_of(ra) != severity_of(rb))
		return severity_of(ra) > severity_of(rb) ? -1 : 1;
	if (a->all.n != b->all.n)
		return a->all.n > b->all.n ? -1 : 1;
	by_title = str_cmp(ra->title, rb->title);
	return by_title ? by_title : a->rule < b->rule ? -1 : a->rule > b->rule;
}

static void put_rules(const struct page *p, struct table *t)
{
	struct seen_rule **list = mem_alloc((p->r->rule_count + 1) * sizeof *list);
	struct order order = {p->r, t};
	size_t n = 0, shown;

	for (uint32_t i = 0; i < p->r->rule_count; i++) {
		if (t->rules[i].all.n)
			list[n++] = &t->rules[i];
	}
	qsort_r(list, n, sizeof *list, worse_rule, &order);
	shown = n < p->r->style.rows ? n : p->r->style.rows;
	put_heading(p, "By rule, with times (UTC), ATT&CK ids and the first place");
	for (size_t i = 0; i < shown; i++)
		put_rule(p, list[i]);
	put_more(p, shown, n, "rule");
	free(list);
}

static void put_total(const struct page *p, const struct table *t)
{
	put_color(p, "\033[1m");
	text_number(p->b, t->all.n);
	buf_text(p->b, t->all.n == 1 ? " finding, " : " findings, ");
	put_span(p, &t->all);
	if (t->all.timed)
		buf_text(p->b, " UTC");
	put_color(p, "\033[0m");
	buf_byte(p->b, '\n');
}

static void free_table(struct table *t, uint32_t rule_count)
{
	for (uint32_t i = 0; i < rule_count; i++)
		free(t->rules[i].file);
	for (size_t i = 0; i < t->hosts.n; i++)
		free(t->hosts.at[i].name);
	vec_free(&t->hosts);
	free(t->rules);
	free(t);
}

static void end(struct report *r)
{
	struct table *t = r->state;
	unsigned width = r->style.width ? r->style.width : 100;
	struct page p = {&r->sink->buf, r, width < REPORT_WIDTH_MIN ? REPORT_WIDTH_MIN : width > 160 ? 160 : width};

	if (t->all.n) {
		put_total(&p, t);
		put_levels(&p, t);
		put_hosts(&p, t);
		put_rules(&p, t);
		buf_text(p.b, "\nEach finding with its fields: --format jsonl; with the whole event: --full too.\n"
			 "Less: --level high, --rule ID or part of a title, --host NAME, --since TIME.\n");
	} else {
		buf_text(p.b, "Nothing found.\n");
	}
	free_table(t, r->rule_count);
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
