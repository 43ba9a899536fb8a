#include "hunt/hunt.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/vec.h"
#include "hunt/journal.h"
#include "hunt/progress.h"
#include "hunt/spool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static atomic_bool interrupted;

/* What the workers share. */
struct pool {
	const struct hunt_options *options;
	struct files *files;
	struct spool *spool;
	struct report_rule *rules;	/* by index */
	struct arena *texts;		/* theirs */
	uint32_t *ranks;		/* place of a rule among all, by id */
	uint8_t *keep;
	struct stream_env env;
	atomic_bool stop;
	atomic_uint_fast64_t bytes, events, findings;
	pthread_mutex_t lock;		/* guards all below */
	pthread_cond_t ended;		/* a worker has */
	pthread_cond_t opened;		/* there may be a source to help with, or there will be none */
	struct shared *open;		/* sources that others may help with */
	unsigned opening;		/* workers that may yet add one */
	unsigned running;
	char error[400];
};

/* A source with those who take blocks of it. */
struct shared {
	struct shared *next;
	struct source *source;
	unsigned users;
	bool done;			/* no block is left */
};

struct worker {
	struct pool *pool;
	pthread_t thread;
	struct decode_ctx ctx;
	struct decode_stats stats;
	struct places places;
	struct source_states states;
	struct engine_matcher *matcher;
	struct spool_writer *writer;
	struct block block;
	struct buf body;
	const struct source *source;	/* under way */
	uint64_t files, untimed, unknown_given, counted_events;
	uint64_t last_record, index;	/* several events of one record are told apart */
	uint64_t last_offset;
};

/* --- findings --- */

static void fail(struct pool *p, const char *what, int errno_value)
{
	pthread_mutex_lock(&p->lock);
	if (!*p->error)
		snprintf(p->error, sizeof p->error, "%s: %s", what, strerrordesc_np(errno_value));
	pthread_mutex_unlock(&p->lock);
	atomic_store(&p->stop, true);
}

/*
 * 32 hex digits of SHA-256 over: rule id, NUL, path as found, NUL, record in decimal, NUL, order in decimal. `order` is the
 * number of the event among those of one record, from 0, plus, for EVTX, the byte at which the chunk begins: several
 * chunks of a file may hold the same record number.
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
	sha256_end(h, digest);
	for (int i = 0; i < 16; i++) {
		out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	out[32] = '\0';
}

static uint64_t order_of(const struct worker *w)
{
	bool is_chunk = source_format(w->source)->unit == DECODE_UNIT_CHUNK;

	return w->index + (is_chunk ? w->ctx.offset : 0);
}

static void keep_finding(struct worker *w, const struct report_finding *f, uint32_t rule, uint64_t order)
{
	struct pool *p = w->pool;
	struct spool_row row = {
		.time = f->time, .path = f->file, .record = f->record, .rank = p->ranks[rule], .rule = rule,
		.order = order,
	};

	buf_clear(&w->body);
	p->options->format->render(f, &w->body);
	row.body = buf_get(&w->body);
	if (spool_add(w->writer, &row))
		fail(p, "findings cannot be sorted on disk ($TMPDIR)", errno);
	atomic_fetch_add_explicit(&p->findings, 1, memory_order_relaxed);
}

static void add_findings(struct worker *w, struct event *e, const uint32_t *rules, uint32_t count)
{
	const struct pool *p = w->pool;
	struct report_field looked[ENGINE_LOOKED_MAX];
	struct report_finding f = {
		.time = e->time, .host = event_host(e), .user = event_user(e),
		.file = str_c(source_path(w->source)), .format = str_c(source_format(w->source)->name),
		.record = e->record, .fields = looked, .event = p->options->style.full ? e : NULL,
	};
	uint64_t order = order_of(w);

	if (!filter_host(&p->options->filter, f.host))
		return;
	for (uint32_t i = 0; i < count; i++) {
		f.rule = &p->rules[rules[i]];
		f.field_count = engine_looked(w->matcher, rules[i], e, looked, ENGINE_LOOKED_MAX);
		make_id(&f, order, f.id);
		keep_finding(w, &f, rules[i], order);
	}
}

static void number_event(struct worker *w, const struct event *e)
{
	bool same = e->record == w->last_record && w->ctx.offset == w->last_offset;

	w->index = same ? w->index + 1 : 0;
	w->last_record = e->record;
	w->last_offset = w->ctx.offset;
}

static void on_event(void *user, struct event *e)
{
	struct worker *w = user;
	const uint32_t *rules;
	uint32_t n;

	number_event(w, e);
	if (!filter_time(&w->pool->options->filter, e->time)) {
		w->untimed += e->time == TICKS_NONE;
		return;
	}
	n = engine_run(w->matcher, e, &rules);
	if (n)
		add_findings(w, e, rules, n);
}

/* --- what is passed over --- */

static void on_skip(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	struct worker *w = user;
	const char *path = w->source ? source_path(w->source) : "";

	place += hunt_place_offset(cause, &w->ctx);
	places_add(&w->places, cause, path, place, detail);
}

/* --- taking blocks --- */

/* The next input, while which others wait to see whether it can be shared; call share() behind it. */
static bool take_item(struct pool *p, struct file_item *item)
{
	pthread_mutex_lock(&p->lock);
	p->opening++;
	pthread_mutex_unlock(&p->lock);
	return files_next(p->files, item);
}

/* NULL: there is nothing to share. */
static void share(struct pool *p, struct shared *s)
{
	pthread_mutex_lock(&p->lock);
	p->opening--;
	if (s) {
		s->next = p->open;
		p->open = s;
	}
	pthread_cond_broadcast(&p->opened);
	pthread_mutex_unlock(&p->lock);
}

static struct shared *least_used(const struct pool *p)
{
	struct shared *least = NULL;

	for (struct shared *s = p->open; s; s = s->next) {
		if (!s->done && (!least || s->users < least->users))
			least = s;
	}
	return least;
}

/* Another's source to help with; NULL where there is none, nor will be. */
static struct shared *join_other(struct pool *p)
{
	struct shared *least;

	pthread_mutex_lock(&p->lock);
	while (!(least = least_used(p)) && p->opening)
		pthread_cond_wait(&p->opened, &p->lock);
	if (least)
		least->users++;
	pthread_mutex_unlock(&p->lock);
	return least;
}

/* The worker found the end of it: nobody joins any more, and the last one out closes. */
static void leave(struct pool *p, struct shared *s)
{
	struct shared **at = &p->open;
	bool last;

	pthread_mutex_lock(&p->lock);
	s->done = true;
	last = --s->users == 0;
	while (last && *at != s)
		at = &(*at)->next;
	if (last)
		*at = s->next;
	pthread_mutex_unlock(&p->lock);
	if (!last)
		return;
	source_free(s->source);
	free(s);
}

static bool stopped(struct pool *p)
{
	if (hunt_interrupted())
		atomic_store_explicit(&p->stop, true, memory_order_relaxed);
	return atomic_load_explicit(&p->stop, memory_order_relaxed);
}

static void publish(struct worker *w)
{
	atomic_fetch_add_explicit(&w->pool->events, w->stats.events - w->counted_events, memory_order_relaxed);
	w->counted_events = w->stats.events;
}

static bool after_batch(void *user)
{
	struct worker *w = user;

	publish(w);
	return stopped(w->pool);
}

static void read_shared(struct worker *w, struct shared *s)
{
	w->source = s->source;
	while (!stopped(w->pool) && source_next(s->source, &w->ctx, &w->block)) {
		w->last_record = UINT64_MAX;
		source_decode(s->source, &w->ctx, &w->states, &w->block);
		publish(w);
	}
	w->source = NULL;
	leave(w->pool, s);
}

static void read_journal(struct worker *w, struct source *source)
{
	w->source = source;
	w->last_record = UINT64_MAX;
	journal_read(source, &w->ctx, after_batch);
	publish(w);
	atomic_fetch_add_explicit(&w->pool->bytes, source_unread(source), memory_order_relaxed);
	w->source = NULL;
	source_free(source);
}

/* Skips that are met while an input is opened have no source yet: their place is the item's path. */
struct opening {
	struct worker *worker;
	const char *path;
};

static void on_skip_opening(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	const struct opening *o = user;

	places_add(&o->worker->places, cause, o->path, place, detail);
}

static struct source *open_item(struct worker *w, const struct file_item *item)
{
	struct opening opening = {w, item->path};
	struct decode_ctx c = w->ctx;
	uint64_t unknown = w->stats.count[DECODE_INPUT_UNKNOWN], unread = w->stats.count[DECODE_INPUT_READ];
	struct source *source;

	c.skip = on_skip_opening;
	c.user = &opening;
	source = source_open(item, &w->pool->options->source, &w->pool->env, &c);
	if (w->stats.count[DECODE_INPUT_UNKNOWN] > unknown && !item->found)
		w->unknown_given++;
	if (w->stats.count[DECODE_INPUT_READ] == unread)
		w->files++;
	return source;
}

static void read_item(struct worker *w, const struct file_item *item)
{
	struct source *source = open_item(w, item);
	struct shared *s;

	if (!source || source_format(source)->unit == DECODE_UNIT_JOURNAL) {
		share(w->pool, NULL);
		if (source)
			read_journal(w, source);
		return;
	}
	s = mem_alloc(sizeof *s);
	s->source = source;
	s->users = 1;
	share(w->pool, s);
	read_shared(w, s);
}

static void *work(void *user)
{
	struct worker *w = user;
	struct pool *p = w->pool;
	struct file_item item;
	struct shared *other;

	while (take_item(p, &item)) {
		if (stopped(p))
			share(p, NULL);
		else
			read_item(w, &item);
		free(item.path);
	}
	share(p, NULL);
	/* All inputs are taken: help with those that are not finished. */
	while (!stopped(p) && (other = join_other(p)))
		read_shared(w, other);
	pthread_mutex_lock(&p->lock);
	p->running--;
	pthread_cond_signal(&p->ended);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* --- the job --- */

static struct worker *new_worker(struct pool *p)
{
	struct worker *w = mem_alloc(sizeof *w);

	w->pool = p;
	w->matcher = engine_matcher_new(&p->options->engine, p->keep);
	w->writer = spool_writer_new(p->spool);
	w->ctx = (struct decode_ctx){
		.arena = arena_new(0), .names = names_new(engine_keys(&p->options->engine)), .stats = &w->stats,
		.emit = on_event, .skip = on_skip, .user = w,
	};
	return w;
}

static void free_worker(struct worker *w)
{
	source_states_free(&w->states);
	engine_matcher_free(w->matcher);
	names_free(w->ctx.names);
	arena_free(w->ctx.arena);
	block_free(&w->block);
	buf_free(&w->body);
	places_free(&w->places);
	free(w);
}

static void add_counts(struct hunt_result *r, const struct worker *w)
{
	r->files += w->files;
	r->untimed += w->untimed;
	r->unknown_given += w->unknown_given;
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

static uint32_t list_rules(struct pool *p)
{
	const struct engine *g = &p->options->engine;
	uint32_t kept, n = engine_rule_count(g), *order = mem_alloc((n + 1) * sizeof *order);
	struct buf json = {0};

	p->rules = mem_alloc((n + 1) * sizeof *p->rules);
	p->ranks = mem_alloc((n + 1) * sizeof *p->ranks);
	p->keep = mem_alloc(n + 1);
	p->texts = arena_new(0);
	for (uint32_t i = 0; i < n; i++) {
		struct sigma_rule_info r = engine_rule(g, i);

		order[i] = i;
		p->rules[i] = (struct report_rule){.id = r.id, .title = r.title, .level = str_c(sigma_level_name(r.level)),
						   .severity = (unsigned)r.level, .tags = r.tags,
						   .tag_count = r.tag_count};
		buf_clear(&json);
		report_rule_json(&p->rules[i], &json);
		p->rules[i].json = arena_str(p->texts, buf_get(&json));
	}
	kept = filter_rules(&p->options->filter, g, p->keep);
	qsort_r(order, n, sizeof *order, compare_ids, p->rules);
	for (uint32_t i = 0; i < n; i++)
		p->ranks[order[i]] = i;
	buf_free(&json);
	free(order);
	return kept;
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
		stopped(p);
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
	for (unsigned i = 0; i < n; i++) {
		workers[i] = new_worker(p);
		if (pthread_create(&workers[i]->thread, NULL, work, workers[i]) != 0)
			abort();
	}
	watch(p);
	for (unsigned i = 0; i < n; i++) {
		pthread_join(workers[i]->thread, NULL);
		add_counts(out, workers[i]);
		free_worker(workers[i]);
	}
	files_free(p->files);
	free(workers);
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
	struct writing w = {
		.report = {.format = o->format, .style = o->style, .rules = p->rules,
			   .rule_count = engine_rule_count(&o->engine), .sink = o->sink},
		.limit = o->limit,
	};
	int err = report_begin(&w.report);

	errno = 0;
	if (!err)
		err = spool_merge(p->spool, write_row, &w);
	if (err < 0 && !o->sink->error)
		fail(p, "findings cannot be read back from disk ($TMPDIR)", errno);
	/* Always, so that the format gives its memory back. */
	if ((report_end(&w.report) || o->sink->error) && o->sink->errno_kept != EPIPE)
		fail(p, "the findings cannot be written", o->sink->errno_kept);
	out->written = w.report.rows;
	out->merge_seconds = seconds_now() - began;
	return *p->error ? ERR_IO : 0;
}

int hunt_run(const struct hunt_options *options, struct hunt_result *out)
{
	size_t budget = options->spool_bytes ? options->spool_bytes : HUNT_SPOOL_BYTES;
	struct spool_options spool = {budget / options->threads, options->spool_folder, 0};
	struct pool p = {.options = options, .env = {&p.stop, &p.bytes}};
	int err = ERR_IO;

	*out = (struct hunt_result){0};
	pthread_mutex_init(&p.lock, NULL);
	pthread_cond_init(&p.ended, NULL);
	pthread_cond_init(&p.opened, NULL);
	p.spool = spool_new(&spool);
	out->rules_kept = list_rules(&p);
	detect(&p, out);
	out->interrupted = hunt_interrupted();
	if (!*p.error)
		err = write_report(&p, out);
	memcpy(out->error, p.error, sizeof out->error);
	spool_free(p.spool);
	free(p.rules);
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
	case DECODE_INPUT_UNKNOWN: case DECODE_EVTX_STALE:
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
