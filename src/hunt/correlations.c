#include "hunt/correlations.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

/* One of the rules of one correlation. */
struct link { uint32_t correlation, input; };
struct links { uint32_t at, n; };

struct state {
	const struct sigma_correlation *spec;
	struct correlations *all;
	bool run;
	struct correlate *engine;	/* one of the two */
	struct correlate_naive *naive;
	int64_t time;			/* of the last match */
	struct sigma_feed chained;	/* scratch: what another correlation gives to this one */
};

struct correlations {
	const struct engine *engine;
	uint32_t rule_count;
	uint8_t *evaluated, *alerts;	/* by rule */
	struct state *states; uint32_t count;
	struct links *links_of;		/* by rule: of `links` */
	VEC(struct link) links;
	struct spool *spool;
	struct correlate_limits limits;
	struct correlations_counts counts;
	struct arena *texts;
	struct map *origin_map;
	VEC(struct match_origin) origins;
	const struct correlations_calls *calls;	/* of the run */
	int64_t now;
	int stopped;			/* by a call */
	bool late;			/* some correlation that feeds another is decided late */
};

/* ---- which rules feed what ---- */

static void find_states(struct correlations *c)
{
	for (uint32_t i = 0; i < c->rule_count; i++)
		c->count += engine_rule(c->engine, i).correlation != NULL;
	c->states = mem_alloc((c->count + 1) * sizeof *c->states);
	c->count = 0;
	for (uint32_t i = 0; i < c->rule_count; i++) {
		const struct sigma_correlation *spec = engine_rule(c->engine, i).correlation;

		if (spec)
			c->states[c->count++] = (struct state){.spec = spec, .all = c, .time = TICKS_NONE};
	}
}

/* Outer ones stand behind those that they name: from the end, whoever runs makes its inputs run. */
static void find_running(struct correlations *c, const uint8_t *keep)
{
	uint8_t *needed = mem_alloc(c->rule_count + 1);

	for (uint32_t i = c->count; i-- > 0;) {
		struct state *s = &c->states[i];

		s->run = needed[s->spec->rule] || !keep || keep[s->spec->rule];
		for (uint32_t k = 0; s->run && k < s->spec->spec.rule_count; k++)
			needed[s->spec->inputs[k].rule] = 1;
		c->counts.in_use += s->run;
	}
	for (uint32_t i = 0; i < c->rule_count; i++)
		c->evaluated[i] = needed[i] || !keep || keep[i];
	free(needed);
}

static void count_links(struct correlations *c)
{
	for (uint32_t i = 0; i < c->count; i++)
		for (uint32_t k = 0; c->states[i].run && k < c->states[i].spec->spec.rule_count; k++)
			c->links_of[c->states[i].spec->inputs[k].rule].n++;
}

static void make_links(struct correlations *c)
{
	uint32_t at = 0;

	count_links(c);
	for (uint32_t i = 0; i < c->rule_count; i++) {
		c->links_of[i].at = at;
		at += c->links_of[i].n;
		c->links_of[i].n = 0;
	}
	for (uint32_t i = 0; i < at; i++)
		vec_add(&c->links);
	for (uint32_t i = 0; i < c->count; i++) {
		const struct state *s = &c->states[i];

		for (uint32_t k = 0; s->run && k < s->spec->spec.rule_count; k++) {
			struct links *l = &c->links_of[s->spec->inputs[k].rule];

			c->links.at[l->at + l->n++] = (struct link){i, k};
		}
	}
	for (uint32_t i = 0; i < c->count; i++)
		c->late |= c->states[i].run && sigma_correlation_is_late(c->states[i].spec) &&
			   c->links_of[c->states[i].spec->rule].n;
}

/* A rule that a correlation names is silent; but one that --rule asks for, without its correlation, is meant itself. */
static bool alerts(const struct correlations *c, uint32_t rule, const struct correlations_options *o)
{
	bool kept = !o->keep || o->keep[rule];

	if (!kept || !engine_rule(c->engine, rule).silent)
		return kept;
	return o->named && !c->links_of[rule].n;
}

struct correlations *correlations_new(const struct correlations_options *o)
{
	struct correlations *c = mem_alloc(sizeof *c);

	c->engine = o->engine;
	c->rule_count = engine_rule_count(o->engine);
	c->evaluated = mem_alloc(c->rule_count + 1);
	c->alerts = mem_alloc(c->rule_count + 1);
	c->links_of = mem_alloc((c->rule_count + 1) * sizeof *c->links_of);
	c->limits = o->limits;
	c->now = TICKS_NONE;
	find_states(c);
	find_running(c, o->keep);
	make_links(c);
	for (uint32_t i = 0; i < c->rule_count; i++)
		c->alerts[i] = alerts(c, i, o);
	c->texts = arena_new(0);
	c->origin_map = map_new(64);
	if (c->counts.in_use)
		c->spool = spool_new(&o->spool);
	return c;
}

void correlations_free(struct correlations *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->count; i++) {
		correlate_free(c->states[i].engine);
		correlate_naive_free(c->states[i].naive);
		sigma_feed_free(&c->states[i].chained);
	}
	if (c->spool)
		spool_free(c->spool);
	map_free(c->origin_map);
	arena_free(c->texts);
	vec_free(&c->origins);
	vec_free(&c->links);
	free(c->links_of);
	free(c->states);
	free(c->evaluated);
	free(c->alerts);
	free(c);
}

const uint8_t *correlations_evaluated(const struct correlations *c)
{
	return c->evaluated;
}

bool correlations_alerts(const struct correlations *c, uint32_t rule)
{
	return c->alerts[rule];
}

const struct correlations_counts *correlations_counts(const struct correlations *c)
{
	return &c->counts;
}

/* ---- matches to the spool ---- */

struct matches {
	struct correlations *all;
	struct spool_writer *writer;
	struct sigma_feed_source source;
	struct sigma_feed feed;
	struct buf body;
	uint64_t no_group, no_time;
};

struct matches *matches_new(struct correlations *c, struct engine_matcher *m)
{
	struct matches *w;

	if (!c->spool)
		return NULL;
	w = mem_alloc(sizeof *w);
	w->all = c;
	w->writer = spool_writer_new(c->spool);
	w->source = engine_feed_source(m);
	return w;
}

void matches_free(struct matches *w)
{
	if (!w)
		return;
	w->all->counts.no_group += w->no_group;
	w->all->counts.no_time += w->no_time;
	sigma_feed_free(&w->feed);
	buf_free(&w->body);
	free(w);
}

/*
 * A row's body, of this machine only: the number of the correlation and of its rule, both high byte first since bodies are
 * what rows are sorted by in the end; then the number, and the texts each behind its length.
 */
static void put_number(struct buf *b, uint32_t n)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_byte(b, (char)(n >> shift));
}

static uint32_t take_number(struct str *rest)
{
	uint32_t n = 0;

	for (size_t i = 0; i < 4; i++)
		n = n << 8 | (unsigned char)rest->p[i];
	*rest = str_skip(*rest, 4);
	return n;
}

static void put_body(struct matches *w, struct link link, const struct match_origin *o)
{
	uint8_t flags = (uint8_t)(w->feed.has_value | (o->host.p ? 2 : 0));
	struct buf *b = &w->body;

	buf_clear(b);
	put_number(b, link.correlation);
	put_number(b, link.input);
	buf_byte(b, (char)flags);
	buf_put(b, &w->feed.number, sizeof w->feed.number);
	sigma_shown_add(b, o->format);
	sigma_shown_add(b, o->host);
	sigma_shown_add(b, buf_get(&w->feed.key));
	sigma_shown_add(b, buf_get(&w->feed.shown));
	sigma_shown_add(b, buf_get(&w->feed.value));
}

static int add_match(struct matches *w, struct link link, const struct match_origin *o, const struct event *e)
{
	const struct state *s = &w->all->states[link.correlation];
	struct spool_row row = {.time = e->time, .path = o->path, .record = e->record, .order = o->order};

	if (e->time == TICKS_NONE) {
		w->no_time++;
		return 0;
	}
	if (!sigma_feed_make(s->spec, link.input, e, &w->source, &w->feed)) {
		w->no_group++;
		return 0;
	}
	put_body(w, link, o);
	row.body = buf_get(&w->body);
	return spool_add(w->writer, &row);
}

int matches_add(struct matches *w, const struct match_origin *origin, const struct event *e, const uint32_t *rules,
		uint32_t count)
{
	int err = 0;

	for (uint32_t i = 0; w && i < count && !err; i++) {
		struct links l = w->all->links_of[rules[i]];

		for (uint32_t k = 0; k < l.n && !err; k++)
			err = add_match(w, w->all->links.at[l.at + k], origin, e);
	}
	return err;
}

/* ---- the run ---- */

static uint32_t find_origin(struct correlations *c, struct str path, struct str format, struct str host)
{
	struct buf key = {0};
	uint32_t at;

	if (c->origins.n >= CORRELATIONS_ORIGINS_MAX)
		host = STR_NONE;
	buf_str(&key, path);
	buf_byte(&key, '\0');
	buf_byte(&key, host.p ? '+' : '-');
	buf_str(&key, host);
	at = map_get(c->origin_map, buf_get(&key));
	if (at == MAP_NONE) {
		struct str kept = arena_str(c->texts, buf_get(&key));

		at = (uint32_t)c->origins.n;
		map_put(c->origin_map, kept, at);
		*vec_add(&c->origins) = (struct match_origin){
			.path = str_head(kept, path.n), .format = arena_str(c->texts, format),
			.host = host.p ? str_skip(kept, path.n + 2) : STR_NONE};
	}
	buf_free(&key);
	return at;
}

const struct match_origin *correlations_origin(const struct correlations *c, uint32_t file)
{
	return &c->origins.at[file];
}

static void feed(struct state *s, const struct correlate_match *m)
{
	struct correlations *c = s->all;

	s->time = m->place.time;
	c->counts.matches++;
	if (s->spec->value_count && (s->spec->spec.type == CORRELATE_VALUE_COUNT ? !m->value.p : !isfinite(m->number)))
		c->counts.no_value++;
	if (c->calls->fed)
		c->calls->fed(c->calls->user, s->spec->rule, m);
	if (s->naive)
		correlate_naive_add(s->naive, m);
	else
		correlate_add(s->engine, m);
}

/* A correlation's alert is an event with its group's values, for those that name it. */
static void on_fired(void *user, const struct correlate_episode *e)
{
	struct state *s = user;
	struct correlations *c = s->all;
	struct links l = c->links_of[s->spec->rule];

	if (c->calls->fired)
		c->calls->fired(c->calls->user, s->spec->rule, e);
	for (uint32_t i = 0; i < l.n; i++) {
		struct link link = c->links.at[l.at + i];
		struct state *outer = &c->states[link.correlation];
		struct correlate_match m = {.input = link.input, .place = e->fired};
		struct sigma_feed *f = &outer->chained;

		sigma_feed_chain(outer->spec, link.input, e->shown, f);
		m.place.rule = s->spec->rule;
		/* What is decided late lies in the past; time does not go back. */
		if (m.place.time < outer->time)
			m.place.time = outer->time;
		m.key = buf_get(&f->key);
		m.shown = buf_get(&f->shown);
		m.value = f->has_value ? buf_get(&f->value) : STR_NONE;
		m.number = f->number;
		feed(outer, &m);
	}
}

static void on_ended(void *user, const struct correlate_episode *e)
{
	struct state *s = user;
	struct correlations *c = s->all;

	if (!c->alerts[s->spec->rule] || c->stopped)
		return;
	c->counts.findings++;
	if (c->calls->ended)
		c->stopped = c->calls->ended(c->calls->user, s->spec->rule, e);
}

static void advance(struct correlations *c, int64_t time)
{
	for (uint32_t i = 0; i < c->count; i++) {
		struct state *s = &c->states[i];

		if (!s->run || !sigma_correlation_is_late(s->spec) || !c->links_of[s->spec->rule].n)
			continue;
		if (s->naive)
			correlate_naive_advance(s->naive, time);
		else
			correlate_advance(s->engine, time);
		s->time = time;
	}
}

static int on_row(void *user, const struct spool_row *row)
{
	struct correlations *c = user;
	struct str rest = row->body, format, host, value;
	uint32_t correlation = take_number(&rest), input = take_number(&rest);
	struct state *s = &c->states[correlation];
	struct correlate_match m = {.input = input, .place = {.time = row->time, .record = row->record}};
	uint8_t flags = (uint8_t)*rest.p;

	rest = str_skip(rest, 1);
	memcpy(&m.number, rest.p, sizeof m.number);
	rest = str_skip(rest, sizeof m.number);
	if (!sigma_shown_next(&rest, &format) || !sigma_shown_next(&rest, &host) || !sigma_shown_next(&rest, &m.key) ||
	    !sigma_shown_next(&rest, &m.shown) || !sigma_shown_next(&rest, &value))
		return ERR_FORMAT;
	m.value = flags & 1 ? value : STR_NONE;
	m.place.file = find_origin(c, row->path, format, flags & 2 ? host : STR_NONE);
	m.place.rule = s->spec->inputs[input].rule;
	if (c->late && row->time > c->now)
		advance(c, row->time);
	c->now = row->time;
	feed(s, &m);
	return c->stopped;
}

static void start(struct correlations *c)
{
	size_t each = CORRELATIONS_BYTES / (c->counts.in_use ? c->counts.in_use : 1);

	if (each > CORRELATIONS_BYTES_EACH_MAX)
		each = CORRELATIONS_BYTES_EACH_MAX;
	if (each < CORRELATIONS_BYTES_EACH_MIN)
		each = CORRELATIONS_BYTES_EACH_MIN;
	if (!c->limits.bytes_max)
		c->limits.bytes_max = each;
	for (uint32_t i = 0; i < c->count; i++) {
		struct state *s = &c->states[i];
		struct correlate_calls calls = {s, on_fired, on_ended};

		if (s->run && c->engine->set)
			s->naive = correlate_naive_new(&s->spec->spec, &calls);
		else if (s->run)
			s->engine = correlate_new(&s->spec->spec, &c->limits, &calls);
	}
}

static void finish(struct correlations *c)
{
	for (uint32_t i = 0; i < c->count; i++) {
		struct state *s = &c->states[i];
		struct correlate_counts n;

		if (s->naive)
			correlate_naive_end(s->naive);
		if (!s->engine)
			continue;
		correlate_end(s->engine);
		n = correlate_counts(s->engine);
		c->counts.dropped_groups += n.dropped_groups;
		c->counts.dropped_entries += n.dropped_entries;
		c->counts.bytes_peak += n.bytes_peak;
	}
}

int correlations_run(struct correlations *c, const struct correlations_calls *calls)
{
	int err;

	if (!c->spool)
		return 0;
	c->calls = calls;
	start(c);
	err = spool_merge(c->spool, on_row, c);
	if (!err)
		finish(c);
	return err ? err : c->stopped;
}
