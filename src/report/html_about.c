#include "report/html.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/lang.h"
#include "base/version.h"
#include "report/attack.h"

/* The block "about": totals, rules, hosts, ATT&CK's names, the job's facts, and the page's messages in Vietnamese. */

static void put_member(struct buf *b, const char *key, uint64_t n)
{
	json_key(b, key);
	buf_u64(b, n);
}

static void put_text(struct buf *b, const char *key, struct str s)
{
	json_key(b, key);
	json_string(b, s);
}

/* Microseconds, or null. */
static void put_time(struct buf *b, bool known, int64_t time)
{
	json_comma(b);
	if (known)
		buf_i64(b, time / (TICKS_PER_SECOND / 1000000));
	else
		buf_text(b, "null");
}

static void put_levels(struct buf *b, const uint64_t n[REPORT_SEVERITIES])
{
	buf_byte(b, '[');
	for (unsigned s = 0; s < REPORT_SEVERITIES; s++) {
		json_comma(b);
		buf_u64(b, n[s]);
	}
	buf_byte(b, ']');
}

/* {"i": index, "id", "title", "vi": title, "s": severity, "text", "tags", "n": count, "t": [first, last]} */
static void put_rule(struct buf *b, const struct html_totals *t, const struct report_seen *seen)
{
	const struct report_rule *rule = &t->r->rules[seen->rule];

	json_comma(b);
	buf_byte(b, '{');
	put_member(b, "i", seen->rule);
	put_text(b, "id", rule->id);
	put_text(b, "title", rule->title);
	if (report_rule_title(rule, LANG_VI).p != rule->title.p)
		put_text(b, "vi", report_rule_title(rule, LANG_VI));
	put_member(b, "s", report_severity(rule));
	if (rule->description.p)
		put_text(b, "text", str_head(rule->description, HTML_VALUE_BYTES));
	json_key(b, "tags");
	buf_byte(b, '[');
	for (uint32_t i = 0; i < rule->tag_count; i++) {
		json_comma(b);
		json_string(b, rule->tags[i]);
	}
	buf_byte(b, ']');
	put_member(b, "n", seen->all.n);
	json_key(b, "t");
	buf_byte(b, '[');
	put_time(b, seen->all.timed, seen->all.first);
	put_time(b, seen->all.timed, seen->all.last);
	buf_text(b, "]}");
}

/* ["name", [by severity], first, last] */
static void put_hosts(struct buf *b, const struct report_counts *c)
{
	json_key(b, "hosts");
	buf_byte(b, '[');
	for (size_t i = 0; i < c->hosts.n; i++) {
		const struct report_host *h = &c->hosts.at[i];

		json_comma(b);
		buf_byte(b, '[');
		json_string(b, str_c(h->name));
		buf_byte(b, ',');
		put_levels(b, h->by_severity);
		put_time(b, h->all.timed, h->all.first);
		put_time(b, h->all.timed, h->all.last);
		buf_byte(b, ']');
	}
	buf_byte(b, ']');
	put_member(b, "other_hosts", c->other_hosts);
}

static void put_gaps(struct buf *b, const struct report_facts *f)
{
	json_key(b, "gaps");
	buf_byte(b, '[');
	for (uint32_t i = 0; i < f->gap_count; i++) {
		const struct report_gap *g = &f->gaps[i];

		json_comma(b);
		buf_byte(b, '{');
		put_text(b, "name", str_c(g->name));
		put_text(b, "en", str_c(g->text));
		put_text(b, "vi", str_c(tr_to(LANG_VI, g->text)));
		put_member(b, "n", g->count);
		put_member(b, "bytes", g->bytes);
		put_member(b, "loss", g->loss);
		put_text(b, "places", g->places);
		buf_byte(b, '}');
	}
	buf_byte(b, ']');
}

static void put_facts(struct buf *b, const struct report_facts *f)
{
	json_key(b, "facts");
	buf_byte(b, '{');
	put_member(b, "files", f->files);
	put_member(b, "bytes", f->bytes);
	put_member(b, "events", f->events);
	json_key(b, "span");
	buf_byte(b, '[');
	put_time(b, f->first_event != TICKS_NONE, f->first_event);
	put_time(b, f->last_event != TICKS_NONE, f->last_event);
	buf_byte(b, ']');
	put_member(b, "rules_loaded", f->rules_loaded);
	put_member(b, "rules_used", f->rules_used);
	put_member(b, "rules_refused", f->rules_refused);
	put_member(b, "interrupted", f->interrupted);
	put_gaps(b, f);
	if (f->compared) {
		put_text(b, "compared", str_c(f->compared));
		put_member(b, "seen_before", f->seen_before);
		put_member(b, "not_seen_again", f->not_seen_again);
	}
	buf_byte(b, '}');
}

/* The techniques of the rules that were met: "T1059.001": ["name", tactics as a bit mask]. */
static void put_attack(struct buf *b, const struct html_totals *t, const struct report_seen **list, size_t n)
{
	json_key(b, "tactics");
	buf_byte(b, '[');
	for (unsigned i = 0; i < ATTACK_TACTICS; i++) {
		json_comma(b);
		buf_byte(b, '[');
		json_string(b, str_c(attack_tactics[i].tag));
		json_comma(b);
		json_string(b, str_c(attack_tactics[i].name));
		json_comma(b);
		json_string(b, str_c(tr_to(LANG_VI, attack_tactics[i].name)));
		buf_byte(b, ']');
	}
	buf_byte(b, ']');
	json_key(b, "techniques");
	buf_byte(b, '{');
	for (size_t i = 0; i < n; i++) {
		const struct report_rule *rule = &t->r->rules[list[i]->rule];

		for (uint32_t k = 0; k < rule->tag_count; k++)
			attack_put_technique(b, rule->tags[k]);
	}
	buf_byte(b, '}');
}

static void put_texts(struct buf *b)
{
	json_key(b, "vi");
	buf_byte(b, '{');
	for (size_t i = 0; report_page_texts[i]; i++)
		put_text(b, report_page_texts[i], str_c(tr_to(LANG_VI, report_page_texts[i])));
	buf_byte(b, '}');
}

static void put_totals(struct buf *b, const struct html_totals *t)
{
	const struct report_counts *c = t->counts;

	put_text(b, "version", str_c(truc_version));
	put_text(b, "lang", str_c(lang_code(lang_now())));
	put_member(b, "total", c->all.n);
	put_member(b, "listed", t->listed);
	json_key(b, "levels");
	put_levels(b, c->by_severity);
	json_key(b, "span");
	buf_byte(b, '[');
	put_time(b, c->all.timed, c->all.first);
	put_time(b, c->all.timed, c->all.last);
	buf_byte(b, ']');
	put_hosts(b, c);
}

void html_put_about(struct buf *out, const struct html_totals *t)
{
	struct buf b = {0};
	size_t n;
	const struct report_seen **list = report_counts_rules(t->counts, t->r, &n);

	buf_byte(&b, '{');
	put_totals(&b, t);
	json_key(&b, "rules");
	buf_byte(&b, '[');
	for (size_t i = 0; i < n; i++)
		put_rule(&b, t, list[i]);
	buf_byte(&b, ']');
	put_attack(&b, t, list, n);
	if (t->r->facts)
		put_facts(&b, t->r->facts);
	put_texts(&b);
	buf_byte(&b, '}');
	buf_text(out, "<script type=\"application/json\" id=\"about\">");
	html_put_json(out, buf_get(&b));
	buf_text(out, "</script>\n");
	buf_free(&b);
	free((void *)(uintptr_t)list);
}
