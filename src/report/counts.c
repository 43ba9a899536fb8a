#include "report/counts.h"

#include "base/lang.h"

#include <stdlib.h>
#include <string.h>

const char *report_level_text(unsigned severity)
{
	switch (severity) {
	case 4: return tr("critical");
	case 3: return tr("high");
	case 2: return tr("medium");
	case 1: return tr("low");
	default: return tr("informational");
	}
}

unsigned report_severity(const struct report_rule *rule)
{
	return rule->severity < REPORT_SEVERITIES ? rule->severity : 0;
}

bool report_is_technique(struct str tag)
{
	return tag.n >= 12 && str_starts_nocase(tag, STR("attack.t")) && ascii_is_digit((unsigned char)tag.p[8]);
}

struct report_counts *report_counts_new(uint32_t rule_count)
{
	struct report_counts *c = mem_alloc(sizeof *c);

	c->rules = mem_alloc((rule_count + 1) * sizeof *c->rules);
	c->rule_count = rule_count;
	return c;
}

void report_counts_free(struct report_counts *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->rule_count; i++)
		free(c->rules[i].file);
	for (size_t i = 0; i < c->hosts.n; i++)
		free(c->hosts.at[i].name);
	vec_free(&c->hosts);
	free(c->rules);
	free(c);
}

static void count_one(struct report_count *c, int64_t time)
{
	c->n++;
	if (time == TICKS_NONE)
		return;
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

/* The host's row, made where it is new; NULL beyond REPORT_HOSTS_MAX. */
static struct report_host *find_host(struct report_counts *c, struct str name)
{
	uint32_t *bucket = &c->buckets[hash_name(name)];
	struct report_host *h;

	for (uint32_t i = *bucket; i; i = c->hosts.at[i - 1].next) {
		if (str_eq_nocase(str_c(c->hosts.at[i - 1].name), name))
			return &c->hosts.at[i - 1];
	}
	if (c->hosts.n == REPORT_HOSTS_MAX)
		return NULL;
	h = vec_add(&c->hosts);
	h->name = mem_alloc(name.n + 1);
	if (name.n)
		memcpy(h->name, name.p, name.n);
	h->next = *bucket;
	*bucket = (uint32_t)c->hosts.n;
	return h;
}

static void count_host(struct report_counts *c, int64_t time, struct str host, unsigned severity)
{
	struct report_host *h = find_host(c, host);

	if (!h) {
		c->other_hosts++;
		return;
	}
	count_one(&h->all, time);
	h->by_severity[severity]++;
}

void report_counts_add(struct report_counts *c, const struct report *r, const struct report_row *row, struct str host)
{
	unsigned severity = report_severity(&r->rules[row->rule]);
	struct report_seen *seen = &c->rules[row->rule];

	count_one(&c->all, row->time);
	c->by_severity[severity]++;
	count_host(c, row->time, host, severity);
	if (!seen->all.n) {
		seen->rule = row->rule;
		seen->record = row->record;
		seen->file = mem_alloc(row->file.n + 1);
		if (row->file.n)
			memcpy(seen->file, row->file.p, row->file.n);
	}
	count_one(&seen->all, row->time);
}

/* --- orders --- */

static int worse_host(const void *x, const void *y)
{
	const struct report_host *a = x, *b = y;

	for (unsigned i = REPORT_SEVERITIES; i-- > 0;) {
		if (a->by_severity[i] != b->by_severity[i])
			return a->by_severity[i] > b->by_severity[i] ? -1 : 1;
	}
	return strcmp(a->name, b->name);
}

void report_counts_sort_hosts(struct report_counts *c)
{
	if (c->hosts.n)
		qsort(c->hosts.at, c->hosts.n, sizeof *c->hosts.at, worse_host);
}

static int worse_rule(const void *x, const void *y, void *user)
{
	const struct report *r = user;
	const struct report_seen *a = *(const struct report_seen *const *)x, *b = *(const struct report_seen *const *)y;
	const struct report_rule *ra = &r->rules[a->rule], *rb = &r->rules[b->rule];
	int by_title;

	if (report_severity(ra) != report_severity(rb))
		return report_severity(ra) > report_severity(rb) ? -1 : 1;
	if (a->all.n != b->all.n)
		return a->all.n > b->all.n ? -1 : 1;
	by_title = str_cmp(ra->title, rb->title);
	return by_title ? by_title : a->rule < b->rule ? -1 : a->rule > b->rule;
}

const struct report_seen **report_counts_rules(const struct report_counts *c, const struct report *r, size_t *out_count)
{
	const struct report_seen **list = mem_alloc((c->rule_count + 1) * sizeof(const struct report_seen *));
	size_t n = 0;
	struct report copy = *r;

	for (uint32_t i = 0; i < c->rule_count; i++) {
		if (c->rules[i].all.n)
			list[n++] = &c->rules[i];
	}
	qsort_r(list, n, sizeof *list, worse_rule, &copy);
	*out_count = n;
	return list;
}
