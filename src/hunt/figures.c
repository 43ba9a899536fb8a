#include "hunt/figures.h"

#include "base/json.h"
#include "base/lang.h"
#include "hunt/facts.h"
#include "report/text.h"

#include <stdio.h>
#include <sys/resource.h>

/* Of this program only: what a parent used before exec does not count, unlike in ru_maxrss. */
uint64_t figures_peak_rss(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long kib = 0;
	char line[256];
	struct rusage u;

	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "VmHWM: %llu", &kib) == 1)
			break;
	}
	if (f)
		fclose(f);
	if (!kib && getrusage(RUSAGE_SELF, &u) == 0)
		kib = (unsigned long long)u.ru_maxrss;
	return kib * 1024;
}

/* --- for people --- */

static void put_amount(struct buf *b, uint64_t n, const char *one, const char *many)
{
	text_number(b, n);
	buf_byte(b, ' ');
	buf_text(b, n == 1 ? one : many);
}

static void put_places(const struct hunt_result *r, unsigned cause, struct buf *b)
{
	for (unsigned i = 0; i < r->places.count[cause]; i++) {
		buf_text(b, "    ");
		place_print(&r->places.at[cause][i], b);
		buf_byte(b, '\n');
	}
	if (r->stats.count[cause] > r->places.count[cause])
		buf_text(b, "    ...\n");
}

static void put_cause(const struct hunt_result *r, unsigned cause, struct buf *b)
{
	buf_text(b, "  ");
	buf_text(b, decode_cause_name((enum decode_cause)cause));
	buf_text(b, ": ");
	text_number(b, r->stats.count[cause]);
	if (r->stats.bytes[cause] && cause != DECODE_INPUT_UNKNOWN) {
		buf_text(b, ", ");
		text_bytes(b, r->stats.bytes[cause]);
		buf_text(b, tr(" skipped"));
	}
	buf_text(b, " (");
	buf_text(b, tr(decode_cause_text((enum decode_cause)cause)));
	buf_text(b, ")\n");
	put_places(r, cause, b);
}

static void put_causes(const struct hunt_result *r, bool loss, const char *heading, struct buf *b)
{
	bool any = false;

	for (unsigned c = 0; c < DECODE_CAUSES; c++) {
		if (!r->stats.count[c] || facts_is_loss(r, c) != loss)
			continue;
		if (!any)
			buf_text(b, heading);
		any = true;
		put_cause(r, c, b);
	}
}

static void put_rules(const struct figures *f, struct buf *b)
{
	buf_text(b, tr("rules: "));
	text_number(b, f->rules->loaded);
	buf_text(b, tr(" loaded"));
	if (f->result->rules_kept != f->rules->loaded + f->rules->correlations) {
		buf_text(b, " (");
		text_number(b, f->result->rules_kept);
		buf_text(b, tr(" after filters)"));
	}
	buf_text(b, ", ");
	text_number(b, f->rules->refused + f->rules->unsupported);
	buf_text(b, tr(" refused"));
	if (f->rules->refused + f->rules->unsupported)
		buf_text(b, tr(" (see truc rules check)"));
	if (f->rules->correlations) {
		buf_text(b, ", ");
		put_amount(b, f->rules->correlations, tr("correlation"), tr("correlations"));
	}
	if (f->rules->filters) {
		buf_text(b, ", ");
		put_amount(b, f->rules->filters, tr("filter"), tr("filters"));
	}
	buf_byte(b, '\n');
	if (!f->result->rules_kept && !f->result->indicator_rules_kept && !f->result->yara_rules_kept && f->rules->loaded)
		buf_text(b, tr("no rule passes --level, --status, --tag and --rule\n"));
}

static void put_more(struct buf *b, uint64_t n, const char *what)
{
	if (!n)
		return;
	buf_text(b, ", ");
	text_number(b, n);
	buf_byte(b, ' ');
	buf_text(b, what);
}

static void put_indicators(const struct figures *f, struct buf *b)
{
	const struct intel_counts *c = f->indicators;
	const struct intel_matcher_stats *s = &f->result->indicators;

	buf_text(b, tr("indicators: "));
	text_number(b, intel_counts_total(c));
	buf_text(b, tr(" loaded"));
	put_more(b, c->expired_now, tr("of them valid only before today"));
	put_more(b, c->expired, tr("not valid today left out"));
	put_more(b, c->revoked, tr("revoked"));
	put_more(b, c->allowed, tr("allowed"));
	put_more(b, c->refused, tr("refused"));
	put_more(b, c->unused, tr("not used"));
	if (c->refused + c->unused)
		buf_text(b, tr(" (see truc indicators check)"));
	buf_byte(b, '\n');
	if (s->outside) {
		put_amount(b, s->outside, tr("time an indicator was met outside its validity"),
			   tr("times an indicator was met outside its validity"));
		buf_byte(b, '\n');
	}
	if (s->untimed) {
		put_amount(b, s->untimed, tr("time an indicator was met in an event without a time, and taken as valid"),
			   tr("times an indicator was met in an event without a time, and taken as valid"));
		buf_byte(b, '\n');
	}
	if (s->dropped) {
		put_amount(b, s->dropped, tr("indicator"), tr("indicators"));
		buf_text(b, tr(" of one event not told of, beyond its first 256\n"));
	}
}

static void put_loss(struct buf *b, uint64_t n, const char *one, const char *many)
{
	if (!n)
		return;
	buf_text(b, "  ");
	put_amount(b, n, one, many);
	buf_byte(b, '\n');
}

static void put_correlations(const struct correlations_counts *c, struct buf *b)
{
	if (!c->in_use)
		return;
	buf_text(b, tr("correlations: "));
	put_amount(b, c->matches, tr("match fed, "), tr("matches fed, "));
	put_amount(b, c->findings, tr("finding"), tr("findings"));
	buf_byte(b, '\n');
	put_loss(b, c->no_group, tr("match lacks a field of group-by and did not enter"),
		 tr("matches lack a field of group-by and did not enter"));
	put_loss(b, c->no_time, tr("match has no time and did not enter"), tr("matches have no time and did not enter"));
	put_loss(b, c->no_value, tr("match lacks the value that is compared"), tr("matches lack the value that is compared"));
	put_loss(b, c->dropped_groups, tr("group was dropped for want of room: findings may be missing"),
		 tr("groups were dropped for want of room: findings may be missing"));
	put_loss(b, c->dropped_entries, tr("match was dropped for want of room: findings may be missing"),
		 tr("matches were dropped for want of room: findings may be missing"));
}

static void put_scanned(const struct scanning_counts *c, struct buf *b)
{
	if (!c->files)
		return;
	put_amount(b, c->files, "file", "files");
	buf_text(b, " looked at as a whole, ");
	text_bytes(b, c->bytes);
	put_more(b, c->timed_out, "took too long for YARA");
	put_more(b, c->failed, "given up by YARA");
	buf_byte(b, '\n');
}

static void put_speed(const struct figures *f, struct buf *b)
{
	const struct hunt_result *r = f->result;
	double run = r->detect_seconds + r->merge_seconds;

	buf_printf(b, tr("time: %.2f s loading rules, %.2f s hunting"), f->load_seconds, run);
	if (r->detect_seconds >= 0.01) {
		buf_text(b, " (");
		text_number(b, (uint64_t)((double)r->stats.events / r->detect_seconds));
		buf_text(b, tr(" events/s)"));
	}
	buf_byte(b, '\n');
}

static void put_bad_lines(const struct hunt_result *r, struct buf *b)
{
	const struct compare_figures *c = &r->compared;

	if (!c->bad_lines)
		return;
	text_put(b, str_c(r->compare_name), 4096);
	buf_text(b, ": ");
	put_amount(b, c->bad_lines, tr("line is no finding"), tr("lines are no findings"));
	for (unsigned i = 0; i < c->place_count; i++) {
		buf_text(b, i ? ", " : " (");
		buf_u64(b, c->places[i]);
	}
	buf_text(b, c->bad_lines > c->place_count ? ", ...)\n" : ")\n");
}

static void put_compared(const struct hunt_result *r, struct buf *b)
{
	if (!r->compare_name)
		return;
	buf_text(b, tr("compared: "));
	text_number(b, r->findings);
	buf_text(b, tr(" new, "));
	text_number(b, r->seen_before);
	buf_text(b, tr(" seen before, "));
	text_number(b, r->compared.old - r->compared.seen);
	buf_text(b, tr(" of the older report not seen any more\n"));
	put_bad_lines(r, b);
}

void figures_losses(const struct hunt_result *r, struct buf *out)
{
	put_causes(r, true, tr("not read, or only in part:\n"), out);
	put_causes(r, false, tr("noted:\n"), out);
}

void figures_text(const struct figures *f, struct buf *out)
{
	const struct hunt_result *r = f->result;

	if (r->interrupted)
		buf_text(out, tr("interrupted: the result is only a part\n"));
	put_amount(out, r->files, tr("file, "), tr("files, "));
	text_bytes(out, r->bytes);
	buf_text(out, ", ");
	put_amount(out, r->stats.events, tr("event, "), tr("events, "));
	put_amount(out, r->findings, tr("finding"), tr("findings"));
	if (r->written < r->findings) {
		buf_text(out, tr(" (the first "));
		text_number(out, r->written);
		buf_text(out, tr(" written)"));
	}
	buf_byte(out, '\n');
	put_rules(f, out);
	if (f->indicators)
		put_indicators(f, out);
	put_scanned(&r->scanned, out);
	put_correlations(&r->correlations, out);
	put_speed(f, out);
	if (r->untimed) {
		put_amount(out, r->untimed, tr("event has"), tr("events have"));
		buf_text(out, tr(" no time and stay outside --since and --until\n"));
	}
	put_compared(r, out);
	if (r->undated) {
		put_amount(out, r->undated, tr("finding has"), tr("findings have"));
		buf_text(out, tr(" no time and are left out: this format needs one\n"));
	}
	if (r->geo_damaged) {
		put_amount(out, r->geo_damaged, tr("look-up"), tr("look-ups"));
		buf_text(out, tr(" of an address met damaged data in a --geoip database\n"));
	}
	figures_losses(r, out);
}

/* --- for scripts --- */

static void put_member(struct buf *b, const char *key, uint64_t n)
{
	json_key(b, key);
	buf_u64(b, n);
}

static void put_seconds(struct buf *b, const char *key, double seconds)
{
	json_key(b, key);
	buf_printf(b, "%.3f", seconds);
}

static void put_skipped(const struct decode_stats *s, const char *key, bool bytes, struct buf *b)
{
	json_key(b, key);
	buf_byte(b, '{');
	for (unsigned c = 0; c < DECODE_CAUSES; c++) {
		if (s->count[c])
			put_member(b, decode_cause_name((enum decode_cause)c), bytes ? s->bytes[c] : s->count[c]);
	}
	buf_byte(b, '}');
}

static void put_compare_member(const struct hunt_result *r, struct buf *b)
{
	json_key(b, "compared");
	buf_byte(b, '{');
	put_member(b, "new", r->findings);
	put_member(b, "seen_before", r->seen_before);
	put_member(b, "not_seen_again", r->compared.old - r->compared.seen);
	put_member(b, "bad_lines", r->compared.bad_lines);
	buf_byte(b, '}');
}

static void put_rule_members(const struct figures *f, struct buf *b)
{
	json_key(b, "rules");
	buf_byte(b, '{');
	put_member(b, "loaded", f->rules->loaded);
	put_member(b, tr("refused"), f->rules->refused + f->rules->unsupported);
	put_member(b, "evaluated", f->result->rules_kept);
	put_member(b, "correlations", f->rules->correlations);
	put_member(b, "filters", f->rules->filters);
	buf_byte(b, '}');
}

static void put_indicator_members(const struct figures *f, struct buf *b)
{
	const struct intel_counts *c = f->indicators;

	json_key(b, "indicators");
	buf_byte(b, '{');
	put_member(b, "loaded", intel_counts_total(c));
	put_member(b, "duplicates", c->duplicates);
	put_member(b, tr("refused"), c->refused);
	put_member(b, "unused", c->unused);
	put_member(b, tr("revoked"), c->revoked);
	put_member(b, "expired", c->expired);
	put_member(b, "expired_now", c->expired_now);
	put_member(b, tr("allowed"), c->allowed);
	put_member(b, "met_outside_validity", f->result->indicators.outside);
	put_member(b, "met_without_time", f->result->indicators.untimed);
	put_member(b, "dropped", f->result->indicators.dropped);
	buf_byte(b, '}');
}

static void put_scanned_members(const struct scanning_counts *c, struct buf *b)
{
	json_key(b, "scanned");
	buf_byte(b, '{');
	put_member(b, "files", c->files);
	put_member(b, "bytes", c->bytes);
	put_member(b, "timed_out", c->timed_out);
	put_member(b, "failed", c->failed);
	buf_byte(b, '}');
}

static void put_correlation_members(const struct correlations_counts *c, struct buf *b)
{
	json_key(b, "correlations");
	buf_byte(b, '{');
	put_member(b, "in_use", c->in_use);
	put_member(b, "matches", c->matches);
	put_member(b, "findings", c->findings);
	put_member(b, "no_group", c->no_group);
	put_member(b, "no_time", c->no_time);
	put_member(b, "no_value", c->no_value);
	put_member(b, "dropped_groups", c->dropped_groups);
	put_member(b, "dropped_matches", c->dropped_entries);
	put_member(b, "bytes_peak", c->bytes_peak);
	buf_byte(b, '}');
}

void figures_json(const struct figures *f, struct buf *b)
{
	const struct hunt_result *r = f->result;

	buf_byte(b, '{');
	put_member(b, "files", r->files);
	put_member(b, "bytes", r->bytes);
	put_member(b, "used_bytes", r->stats.used_bytes);
	put_member(b, "events", r->stats.events);
	put_member(b, "findings", r->findings);
	put_member(b, "written", r->written);
	if (r->undated)
		put_member(b, "undated", r->undated);
	if (r->compare_name)
		put_compare_member(r, b);
	put_skipped(&r->stats, "skipped", false, b);
	put_skipped(&r->stats, "skipped_bytes", true, b);
	put_rule_members(f, b);
	if (f->indicators)
		put_indicator_members(f, b);
	if (r->scanned.files)
		put_scanned_members(&r->scanned, b);
	json_key(b, "seconds");
	buf_byte(b, '{');
	put_seconds(b, "load", f->load_seconds);
	put_seconds(b, "run", r->detect_seconds + r->merge_seconds);
	put_seconds(b, "detect", r->detect_seconds);
	put_seconds(b, "merge", r->merge_seconds);
	buf_byte(b, '}');
	put_correlation_members(&r->correlations, b);
	put_member(b, "peak_rss_bytes", figures_peak_rss());
	put_member(b, "threads", f->threads);
	json_key(b, "interrupted");
	buf_text(b, r->interrupted ? "true" : "false");
	buf_text(b, "}\n");
}
