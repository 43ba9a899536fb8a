#include "hunt/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "hunt/correlations.h"
#include "hunt/intake.h"
#include "hunt/journal.h"

void pool_fail(struct pool *p, const char *what, int errno_value)
{
	pthread_mutex_lock(&p->lock);
	if (!*p->error)
		snprintf(p->error, sizeof p->error, "%s: %s", what, strerrordesc_np(errno_value));
	pthread_mutex_unlock(&p->lock);
	atomic_store(&p->stop, true);
}

bool pool_is_stopped(struct pool *p)
{
	if (hunt_interrupted())
		atomic_store_explicit(&p->stop, true, memory_order_relaxed);
	return atomic_load_explicit(&p->stop, memory_order_relaxed);
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

/* The next input, while which others wait to see what can be shared of it; call end_item() behind it. */
static bool take_item(struct pool *p, struct file_item *item)
{
	pthread_mutex_lock(&p->lock);
	p->opening++;
	pthread_mutex_unlock(&p->lock);
	return files_next(p->files, item);
}

static void end_item(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->opening--;
	pthread_cond_broadcast(&p->opened);
	pthread_mutex_unlock(&p->lock);
}

static struct shared *share(struct pool *p, struct source *source)
{
	struct shared *s = mem_alloc(sizeof *s);

	s->source = source;
	s->users = 1;
	pthread_mutex_lock(&p->lock);
	s->next = p->open;
	p->open = s;
	pthread_cond_broadcast(&p->opened);
	pthread_mutex_unlock(&p->lock);
	return s;
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

static void publish(struct worker *w)
{
	atomic_fetch_add_explicit(&w->pool->events, w->stats.events - w->counted_events, memory_order_relaxed);
	w->counted_events = w->stats.events;
}

static bool after_batch(void *user)
{
	struct worker *w = user;

	publish(w);
	return pool_is_stopped(w->pool);
}

/* Blocks of a source, until there are no more. Its owner seals it: what it lies in goes on to the next one. */
static void read_shared(struct worker *w, struct shared *s, bool is_owner)
{
	w->source = s->source;
	while (!pool_is_stopped(w->pool) && source_next(s->source, &w->ctx, &w->block)) {
		w->last_record = UINT64_MAX;
		source_decode(s->source, &w->ctx, &w->states, &w->block);
		publish(w);
	}
	if (is_owner)
		source_seal(s->source);
	w->source = NULL;
	leave(w->pool, s);
}

/* Blocks of an ordered format are for one worker. */
static void read_alone(struct worker *w, struct source *source)
{
	w->source = source;
	w->last_record = UINT64_MAX;
	while (!pool_is_stopped(w->pool) && source_next(source, &w->ctx, &w->block)) {
		source_decode(source, &w->ctx, &w->states, &w->block);
		publish(w);
	}
	source_finish(source, &w->ctx);
	publish(w);
	w->source = NULL;
	source_free(source);
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

static void read_source(struct worker *w, struct source *source)
{
	if (source_format(source)->unit == DECODE_UNIT_JOURNAL)
		read_journal(w, source);
	else if (source_format(source)->ordered)
		read_alone(w, source);
	else
		read_shared(w, share(w->pool, source), true);
}

/* Skips that are met while an input is opened have no source yet. */
struct opening {
	struct worker *worker;
	const struct intake *intake;
};

static void on_skip_opening(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	const struct opening *o = user;

	places_add(&o->worker->places, cause, intake_path(o->intake), place, detail);
}

static void read_item(struct worker *w, const struct file_item *item)
{
	struct intake *in = intake_open(item, &w->pool->options->source, &w->pool->env);
	struct opening opening = {w, in};
	struct decode_ctx c = w->ctx;
	struct intake_counts counts;
	struct source *source;

	c.skip = on_skip_opening;
	c.user = &opening;
	while (!pool_is_stopped(w->pool) && (source = intake_next(in, &c)))
		read_source(w, source);
	counts = intake_counts(in);
	w->files += counts.files;
	/* Where files are looked at as a whole, any file is in order. */
	if (!w->pool->scanning)
		w->unknown_given += counts.unknown_given;
	intake_free(in);
}

void *worker_run(void *user)
{
	struct worker *w = user;
	struct pool *p = w->pool;
	struct file_item item;
	struct shared *other;

	while (take_item(p, &item)) {
		if (!pool_is_stopped(p))
			read_item(w, &item);
		end_item(p);
		free(item.path);
	}
	end_item(p);
	/* All inputs are taken: help with those that are not finished. */
	while (!pool_is_stopped(p) && (other = join_other(p)))
		read_shared(w, other, false);
	pthread_mutex_lock(&p->lock);
	p->running--;
	pthread_cond_signal(&p->ended);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* --- a worker --- */

struct worker *worker_new(struct pool *p)
{
	struct worker *w = mem_alloc(sizeof *w);

	w->pool = p;
	w->first_event = w->last_event = TICKS_NONE;
	w->matcher = engine_matcher_new(&p->options->engine, correlations_evaluated(p->correlations));
	w->matches = matches_new(p->correlations, w->matcher);
	if (p->options->indicators)
		w->intel = intel_matcher_new(p->options->indicators);
	w->writer = spool_writer_new(p->spool);
	extras_begin(&w->extras, p->options->compare, p->options->geoip, p->options->format);
	w->ctx = (struct decode_ctx){
		.arena = arena_new(0), .names = names_new(engine_keys(&p->options->engine)), .stats = &w->stats,
		.emit = findings_on_event, .skip = on_skip, .user = w,
	};
	return w;
}

void worker_free(struct worker *w)
{
	source_states_free(&w->states);
	matches_free(w->matches);
	engine_matcher_free(w->matcher);
	intel_matcher_free(w->intel);
	names_free(w->ctx.names);
	arena_free(w->ctx.arena);
	block_free(&w->block);
	buf_free(&w->body);
	extras_end(&w->extras);
	places_free(&w->places);
	free(w);
}
