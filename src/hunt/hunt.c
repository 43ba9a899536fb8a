#include "hunt/hunt.h"

#include "base/err.h"
#include "base/vec.h"
#include "hunt/correlation_findings.h"
#include "hunt/correlations.h"
#include "hunt/facts.h"
#include "hunt/pool.h"
#include "hunt/progress.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static atomic_bool interrupted;

static void add_span(struct hunt_result *r, int64_t first, int64_t last)
{
	if (first == TICKS_NONE)
		return;
	if (r->first_event == TICKS_NONE || first < r->first_event)
		r->first_event = first;
	if (r->last_event == TICKS_NONE || last > r->last_event)
		r->last_event = last;
}

static void add_extras(struct hunt_result *r, const struct extras *x)
{
	r->seen_before += x->seen_before;
	r->undated += x->undated;
	r->geo_damaged += x->geoip ? geoip_damaged(x->geoip) : 0;
}

static void add_counts(struct hunt_result *r, const struct worker *w)
{
	r->files += w->files;
	r->untimed += w->untimed;
	add_extras(r, &w->extras);
	add_span(r, w->first_event, w->last_event);
	r->unknown_given += w->unknown_given;
	if (w->intel) {
		const struct intel_matcher_stats *s = intel_matcher_stats(w->intel);

		r->indicators.outside += s->outside;
		r->indicators.untimed += s->untimed;
		r->indicators.dropped += s->dropped;
	}
	r->stats.events += w->stats.events;
	r->stats.used_bytes += w->stats.used_bytes;
	for (unsigned c = 0; c < DECODE_CAUSES; c++) {
		r->stats.count[c] += w->stats.count[c];
		r->stats.bytes[c] += w->stats.bytes[c];
	}
	places_merge(&r->places, &w->places);
}

static int compare_ids(const void *x, const void *y, void *user)
{
	const struct report_rule *rules = user;
	const uint32_t *a = x, *b = y;
	int by_id = str_cmp(rules[*a].id, rules[*b].id);

	if (!by_id)
		by_id = str_cmp(rules[*a].title, rules[*b].title);
	return by_id ? by_id : *a < *b ? -1 : *a > *b;
}

/* Half as much as for findings. */
static size_t correlations_spool_bytes(const struct hunt_options *o)
{
	return (o->spool_bytes ? o->spool_bytes : HUNT_SPOOL_BYTES) / 2 / o->threads;
}

static void count_rules(struct pool *p)
{
	p->first_indicator = engine_rule_count(&p->options->engine);
	p->first_yara = p->first_indicator + (p->options->indicators ? INDICATOR_RULES : 0);
	p->rule_count = p->first_yara + (p->options->yara ? scan_rules_count(p->options->yara) : 0);
}

static struct sigma_rule_info rule_at(const struct pool *p, uint32_t i)
{
	if (i >= p->first_yara)
		return scanning_rule(p->options->yara, i - p->first_yara);
	return i < p->first_indicator ? engine_rule(&p->options->engine, i) : indicators_rule(i - p->first_indicator);
}

static void filter_all(struct pool *p, struct hunt_result *out)
{
	out->rules_kept = filter_rules(&p->options->filter, &p->options->engine, p->keep);
	for (uint32_t i = p->first_indicator; i < p->rule_count; i++) {
		struct sigma_rule_info r = rule_at(p, i);

		p->keep[i] = filter_rule(&p->options->filter, &r);
		if (i < p->first_yara)
			out->indicator_rules_kept += p->keep[i];
		else
			out->yara_rules_kept += p->keep[i];
	}
	p->correlations = correlations_new(&(struct correlations_options){
		.engine = &p->options->engine, .keep = p->keep, .named = p->options->filter.rules.count > 0,
		.spool = {correlations_spool_bytes(p->options), p->options->spool_folder, 0}});
}

static void list_rules(struct pool *p)
{
	uint32_t n, *order;
	struct buf json = {0};

	count_rules(p);
	n = p->rule_count;
	order = mem_alloc((n + 1) * sizeof *order);
	p->rules = mem_alloc((n + 1) * sizeof *p->rules);
	p->ranks = mem_alloc((n + 1) * sizeof *p->ranks);
	p->keep = mem_alloc(n + 1);
	p->texts = arena_new(0);
	for (uint32_t i = 0; i < n; i++) {
		struct sigma_rule_info r = rule_at(p, i);

		order[i] = i;
		p->rules[i] = (struct report_rule){.id = r.id, .title = r.title, .level = str_c(sigma_level_name(r.level)),
						   .severity = (unsigned)r.level, .tags = r.tags,
						   .tag_count = r.tag_count, .description = r.description};
		buf_clear(&json);
		report_rule_json(&p->rules[i], &json);
		p->rules[i].json = arena_str(p->texts, buf_get(&json));
	}
	qsort_r(order, n, sizeof *order, compare_ids, p->rules);
	for (uint32_t i = 0; i < n; i++)
		p->ranks[order[i]] = i;
	buf_free(&json);
	free(order);
}

static bool wait_a_little(struct pool *p)
{
	struct timespec until;
	bool running;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 100000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&p->lock);
	if (p->running)
		pthread_cond_timedwait(&p->ended, &p->lock, &until);
	running = p->running > 0;
	pthread_mutex_unlock(&p->lock);
	return running;
}

/* The caller's thread only watches and draws. */
static void watch(struct pool *p)
{
	const struct hunt_options *o = p->options;
	struct progress bar;

	progress_begin(&bar, o->progress ? files_total(o->paths, o->path_count, &p->stop) : 0);
	while (wait_a_little(p)) {
		pool_is_stopped(p);
		if (o->progress)
			progress_draw(&bar, atomic_load(&p->bytes), atomic_load(&p->events), atomic_load(&p->findings));
	}
	progress_end(&bar);
}

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void detect(struct pool *p, struct hunt_result *out)
{
	unsigned n = p->options->threads;
	struct worker **workers = mem_alloc(n * sizeof *workers);
	double began = seconds_now();

	p->files = files_start(p->options->paths, p->options->path_count, &p->stop);
	p->running = n;
	p->scanning = scanning_new(p);
	for (unsigned i = 0; i < n; i++) {
		workers[i] = worker_new(p);
		if (pthread_create(&workers[i]->thread, NULL, worker_run, workers[i]) != 0)
			abort();
	}
	watch(p);
	for (unsigned i = 0; i < n; i++) {
		pthread_join(workers[i]->thread, NULL);
		add_counts(out, workers[i]);
		worker_free(workers[i]);
	}
	files_free(p->files);
	free(workers);
	extras_begin(&p->extras, p->options->compare, p->options->geoip, p->options->format);
	out->scanned = scanning_counts(p->scanning);
	if (p->scanning)
		add_extras(out, scanning_extras(p->scanning));
	scanning_free(p->scanning);
	p->scanning = NULL;
	if (!*p->error)
		correlation_findings(p);
	add_extras(out, &p->extras);
	extras_end(&p->extras);
	out->correlations = *correlations_counts(p->correlations);
	out->bytes = atomic_load(&p->bytes);
	out->findings = spool_rows(p->spool);
	out->detect_seconds = seconds_now() - began;
}

struct writing {
	struct report report;
	uint64_t limit;
};

#define LIMIT_REACHED 1

static int write_row(void *user, const struct spool_row *row)
{
	struct writing *w = user;
	struct report_row r = {row->time, row->rule, row->path, row->record, row->body};
	int err = report_add(&w->report, &r);

	return err ? err : w->report.rows == w->limit ? LIMIT_REACHED : 0;
}

static int write_report(struct pool *p, struct hunt_result *out)
{
	const struct hunt_options *o = p->options;
	double began = seconds_now();
	struct report_facts facts;
	struct writing w = {
		.report = {.format = o->format, .style = o->style, .rules = p->rules,
			   .rule_count = p->rule_count, .sink = o->sink, .facts = &facts},
		.limit = o->limit,
	};
	int err;

	facts_make(out, engine_counts(&o->engine), p->texts, &facts);
	err = report_begin(&w.report);
	errno = 0;
	if (!err)
		err = spool_merge(p->spool, write_row, &w);
	if (err < 0 && !o->sink->error)
		pool_fail(p, "findings cannot be read back from disk ($TMPDIR)", errno);
	/* Always, so that the format gives its memory back. */
	if ((report_end(&w.report) || o->sink->error) && o->sink->errno_kept != EPIPE)
		pool_fail(p, "the findings cannot be written", o->sink->errno_kept);
	out->written = w.report.rows;
	out->merge_seconds = seconds_now() - began;
	return *p->error ? ERR_IO : 0;
}

static void note_compared(const struct hunt_options *o, struct hunt_result *out)
{
	if (!o->compare)
		return;
	out->compare_name = o->compare_name;
	compare_figures(o->compare, &out->compared);
}

int hunt_run(const struct hunt_options *options, struct hunt_result *out)
{
	size_t budget = options->spool_bytes ? options->spool_bytes : HUNT_SPOOL_BYTES;
	struct spool_options spool = {budget / options->threads, options->spool_folder, 0};
	struct pool p = {.options = options, .env = {.stop = &p.stop, .bytes = &p.bytes}};
	int err = ERR_IO;

	*out = (struct hunt_result){.first_event = TICKS_NONE, .last_event = TICKS_NONE};
	pthread_mutex_init(&p.lock, NULL);
	pthread_cond_init(&p.ended, NULL);
	pthread_cond_init(&p.opened, NULL);
	p.spool = spool_new(&spool);
	list_rules(&p);
	filter_all(&p, out);
	detect(&p, out);
	out->interrupted = hunt_interrupted();
	note_compared(options, out);
	if (!*p.error)
		err = write_report(&p, out);
	memcpy(out->error, p.error, sizeof out->error);
	spool_free(p.spool);
	free(p.rules);
	correlations_free(p.correlations);
	arena_free(p.texts);
	free(p.ranks);
	free(p.keep);
	pthread_mutex_destroy(&p.lock);
	pthread_cond_destroy(&p.ended);
	pthread_cond_destroy(&p.opened);
	return err;
}

void hunt_result_free(struct hunt_result *r)
{
	places_free(&r->places);
}

/* --- signals, and what the counts mean --- */

static void on_signal(int number)
{
	(void)number;
	atomic_store_explicit(&interrupted, true, memory_order_relaxed);
}

void hunt_catch_signals(void)
{
	struct sigaction act = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool hunt_interrupted(void)
{
	return atomic_load_explicit(&interrupted, memory_order_relaxed);
}

uint64_t hunt_place_offset(enum decode_cause cause, const struct decode_ctx *c)
{
	return places_count_bytes(cause) ? c->offset : 0;
}

bool hunt_is_loss(enum decode_cause cause)
{
	switch (cause) {
	case DECODE_EVTX_CHUNK_HEADER_CRC: case DECODE_EVTX_CHUNK_DATA_CRC: case DECODE_EVTX_FILE_HEADER:
	case DECODE_EVTX_VALUE: case DECODE_TEXT_NUL: case DECODE_TEXT_TIME: case DECODE_JSON_NOT_OBJECT:
	case DECODE_INPUT_UNKNOWN: case DECODE_EVTX_STALE: case DECODE_TEXT_FORMAT: case DECODE_CARVED_RECORD:
	case DECODE_ARCHIVE_LINK:
		return false;
	default:
		return true;
	}
}

bool hunt_is_partial(const struct hunt_result *r)
{
	if (r->unknown_given)
		return true;
	for (unsigned c = 0; c < DECODE_CAUSES; c++) {
		if (r->stats.count[c] && hunt_is_loss((enum decode_cause)c))
			return true;
	}
	return false;
}
