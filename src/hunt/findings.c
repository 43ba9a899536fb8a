#include "hunt/correlations.h"
#include "hunt/pool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * 32 hex digits of SHA-256 over: rule id, NUL, path as found, NUL, record in decimal, NUL, order in decimal. `order` is the
 * number of the event among those of one record, from 0, plus, for EVTX, the byte at which the chunk begins (of XML and of
 * what is carved, the event): a file may hold the same record number several times. Of an indicator its value follows, behind a NUL.
 */
static void make_id(const struct report_finding *f, uint64_t order, char out[33])
{
	uint8_t digest[SHA256_SIZE];
	struct sha256 *h = sha256_new();
	char numbers[64];
	int n = snprintf(numbers, sizeof numbers, "%llu%c%llu", (unsigned long long)f->record, 0,
			 (unsigned long long)order);

	sha256_add(h, f->rule->id.p, f->rule->id.n);
	sha256_add(h, "", 1);
	sha256_add(h, f->file.p, f->file.n);
	sha256_add(h, "", 1);
	sha256_add(h, numbers, (size_t)n);
	if (f->indicator) {
		sha256_add(h, "", 1);
		sha256_add(h, f->indicator->value.p, f->indicator->value.n);
	}
	sha256_end(h, digest);
	for (int i = 0; i < 16; i++) {
		out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	out[32] = '\0';
}

static uint64_t order_of(const struct worker *w)
{
	enum decode_unit unit = source_format(w->source)->unit;
	bool by_place = unit == DECODE_UNIT_CHUNK || unit == DECODE_UNIT_ELEMENT;

	return w->index + (by_place ? w->ctx.offset : 0);
}

void findings_store(const struct finding_keeper *k, struct report_finding *f, uint32_t rule, uint64_t order)
{
	struct pool *p = k->pool;
	struct spool_row row = {
		.time = f->time, .path = f->file, .record = f->record, .rank = p->ranks[rule], .rule = rule,
		.order = order,
	};

	make_id(f, order, f->id);
	if (!extras_apply(k->extras, f))
		return;
	buf_clear(k->body);
	p->options->format->render(f, k->body);
	row.body = buf_get(k->body);
	if (spool_add(k->writer, &row))
		pool_fail(p, "findings cannot be sorted on disk ($TMPDIR)", errno);
	atomic_fetch_add_explicit(&p->findings, 1, memory_order_relaxed);
}

bool findings_begin(struct worker *w, struct event *e, struct report_finding *out)
{
	const struct pool *p = w->pool;

	*out = (struct report_finding){
		.time = e->time, .host = event_host(e), .user = event_user(e),
		.file = str_c(source_path(w->source)), .format = str_c(source_format(w->source)->name),
		.record = e->record, .carved = (e->flags & EVENT_CARVED) != 0, .event = p->options->style.full ? e : NULL,
	};
	return filter_host(&p->options->filter, out->host);
}

void findings_keep(struct worker *w, struct report_finding *f, uint32_t rule)
{
	struct finding_keeper k = {w->pool, w->writer, &w->body, &w->extras};

	findings_store(&k, f, rule, order_of(w));
}

/* What feeds correlations is kept for them. */
static void keep_matches(struct worker *w, const struct report_finding *f, const struct event *e, const uint32_t *rules,
			 uint32_t count)
{
	struct match_origin origin = {f->file, f->format, f->host, order_of(w)};

	if (matches_add(w->matches, &origin, e, rules, count))
		pool_fail(w->pool, "what correlations look at cannot be sorted on disk ($TMPDIR)", errno);
}

static void add_findings(struct worker *w, struct event *e, const uint32_t *rules, uint32_t count)
{
	const struct pool *p = w->pool;
	struct report_field looked[ENGINE_LOOKED_MAX];
	struct report_finding f;

	if (!findings_begin(w, e, &f))
		return;
	f.fields = looked;
	keep_matches(w, &f, e, rules, count);
	for (uint32_t i = 0; i < count; i++) {
		if (!correlations_alerts(p->correlations, rules[i]))
			continue;
		f.rule = &p->rules[rules[i]];
		f.field_count = engine_looked(w->matcher, rules[i], e, looked, ENGINE_LOOKED_MAX);
		findings_keep(w, &f, rules[i]);
	}
}

static void number_event(struct worker *w, const struct event *e)
{
	bool same = e->record == w->last_record && w->ctx.offset == w->last_offset;

	w->index = same ? w->index + 1 : 0;
	w->last_record = e->record;
	w->last_offset = w->ctx.offset;
}

#define CLOCK_WAS_SET (INT64_C(631152000) * TICKS_PER_SECOND)	/* 1990 */

static void note_time(struct worker *w, int64_t time)
{
	/* A clock that was not set says 1970; TICKS_NONE is smaller than any time. */
	if (time < CLOCK_WAS_SET)
		return;
	if (time > w->last_event)
		w->last_event = time;
	if (time < w->first_event || w->first_event == TICKS_NONE)
		w->first_event = time;
}

void findings_on_event(void *user, struct event *e)
{
	struct worker *w = user;
	const uint32_t *rules;
	uint32_t n;

	number_event(w, e);
	if (!filter_time(&w->pool->options->filter, e->time)) {
		w->untimed += e->time == TICKS_NONE;
		return;
	}
	note_time(w, e->time);
	n = engine_run(w->matcher, e, &rules);
	if (n)
		add_findings(w, e, rules, n);
	if (w->intel)
		indicators_on_event(w, e);
}
