#include "correlate/correlate.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "correlate/episode.h"
#include "correlate/values.h"

/* ---- what a spec says --------------------------------------------------------------------------------------------------- */

const char *correlate_type_name(enum correlate_type type)
{
	return kinds[type].name;
}

enum correlate_type correlate_type_of(struct str name)
{
	enum correlate_type type = 0;

	while (type < CORRELATE_TYPES && !str_eq(name, str_c(kinds[type].name)))
		type++;
	return type;
}

void spec_check(struct correlate_spec *spec)
{
	bool temporal = spec->type == CORRELATE_TEMPORAL || spec->type == CORRELATE_TEMPORAL_ORDERED;

	assert(spec->type < CORRELATE_TYPES);
	assert(spec->rule_count >= 1 && spec->rule_count <= CORRELATE_RULES_MAX);
	assert(spec->timespan >= 1 && spec->condition_count <= CORRELATE_CONDITIONS_MAX);
	assert(spec->condition_count || temporal);
	assert(spec->type != CORRELATE_VALUE_PERCENTILE || (spec->percentile >= 0 && spec->percentile <= 100));
	for (uint32_t i = 0; i < spec->condition_count; i++)
		assert(spec->conditions[i].op < CORRELATE_OPS);
	if (spec->condition_count == 0) {
		spec->condition_count = 1;
		spec->conditions[0].op = CORRELATE_GTE;
		spec->conditions[0].number = spec->rule_count;
	}
}

bool spec_judges_on_close(const struct correlate_spec *spec)
{
	for (uint32_t i = 0; i < spec->condition_count; i++) {
		enum correlate_op op = spec->conditions[i].op;
		if (op == CORRELATE_LT || op == CORRELATE_LTE || op == CORRELATE_NEQ)
			return true;
	}
	return false;
}

static bool compares(double a, enum correlate_op op, double b)
{
	switch (op) {
	case CORRELATE_GT: return a > b;
	case CORRELATE_GTE: return a >= b;
	case CORRELATE_LT: return a < b;
	case CORRELATE_LTE: return a <= b;
	case CORRELATE_EQ: return a >= b && a <= b;
	case CORRELATE_NEQ: return a < b || a > b;
	case CORRELATE_OPS: break;
	}
	return false;
}

bool spec_holds(const struct correlate_spec *spec, double value)
{
	for (uint32_t i = 0; i < spec->condition_count; i++)
		if (!compares(value, spec->conditions[i].op, spec->conditions[i].number))
			return false;
	return true;
}

void correlate_key_add(struct buf *key, struct str value)
{
	buf_reserve(key, 4 + UTF8_FOLD_MAX(value.n));
	uint32_t n = (uint32_t)utf8_fold(value, key->p + key->n + 4);
	memcpy(key->p + key->n, &n, sizeof n);
	key->n += 4 + n;
}

/* ---- life --------------------------------------------------------------------------------------------------------------- */

/*
 * Whether event_count's condition holds shows in the newest few matches: a count beyond the largest number that it is compared
 * with is as good as one just beyond it.
 */
static uint32_t ring_needed(const struct correlate_spec *spec)
{
	double most = 0;

	if (spec->type != CORRELATE_EVENT_COUNT)
		return UINT32_MAX;
	for (uint32_t i = 0; i < spec->condition_count; i++)
		most = spec->conditions[i].number > most ? spec->conditions[i].number : most;
	return most < 1e9 ? (uint32_t)most + 2 : UINT32_MAX;
}

struct correlate *correlate_new(const struct correlate_spec *spec, const struct correlate_limits *limits,
				const struct correlate_calls *calls)
{
	struct correlate *c = mem_alloc(sizeof *c);
	static const struct correlate_limits none;
	size_t entries;

	limits = limits ? limits : &none;
	c->spec = *spec;
	spec_check(&c->spec);
	c->kind = &kinds[spec->type];
	c->calls = *calls;
	c->closing = spec_judges_on_close(&c->spec);
	c->groups_max = limits->groups_max ? limits->groups_max : CORRELATE_GROUPS_MAX;
	c->bytes_max = limits->bytes_max ? limits->bytes_max : CORRELATE_BYTES_MAX;
	entries = limits->entries_max ? limits->entries_max : CORRELATE_ENTRIES_MAX;
	c->ring_max = ring_needed(&c->spec);
	c->ring_lossy = entries < c->ring_max;
	if (c->ring_lossy)
		c->ring_max = (uint32_t)entries;
	c->entry_size = c->kind->number || c->kind->value ? sizeof(struct entry) : sizeof(struct correlate_place);
	c->now = INT64_MIN;
	groups_init(&c->groups, &c->tally);
	if (c->kind->value)
		c->values = values_new(&c->tally);
	return c;
}

/* The oldest entry leaves. */
static void leave(struct correlate *c, struct group *g)
{
	struct entry e;

	memcpy(&e, entry_at(c, g, 0), c->entry_size);
	c->kind->leave(c, g, &e);
	g->first = g->first + 1 == g->cap ? 0 : g->first + 1;
	g->n--;
}

/* A group that groups_unlink has taken out. */
static void free_group(struct correlate *c, struct group *g)
{
	while (c->kind->keeps && g->n)
		leave(c, g);
	if (c->kind->drop)
		c->kind->drop(c, g);
	tally_resize(&c->tally, g->ring, g->cap * c->entry_size, 0);
	episode_free(&c->tally, g->episode);
	groups_release(&c->groups, g);
}

void correlate_free(struct correlate *c)
{
	if (!c)
		return;
	while (c->groups.oldest != GROUP_NONE) {
		struct group *g = groups_at(&c->groups, c->groups.oldest);
		groups_unlink(&c->groups, g);
		free_group(c, g);
	}
	groups_free(&c->groups);
	values_free(c->values);
	vec_free(&c->over);
	assert(c->tally.now == 0);
	vec_release(c);
}

struct correlate_counts correlate_counts(const struct correlate *c)
{
	struct correlate_counts counts = c->counts;
	counts.bytes_peak = c->tally.peak;
	return counts;
}

int64_t correlate_time(const struct correlate *c)
{
	return c->now;
}

/* ---- windows that are over ------------------------------------------------------------------------------------------------ */

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* In order of `fired`, then key. */
static int compare_over(const void *a, const void *b)
{
	const struct group *g = *(struct group *const *)a, *h = *(struct group *const *)b;
	const struct correlate_place *p = &g->episode->fired, *q = &h->episode->fired;
	int order = p->time < q->time ? -1 : p->time > q->time;

	order = order ? order : compare_u64(p->file, q->file);
	order = order ? order : compare_u64(p->record, q->record);
	order = order ? order : compare_u64(p->rule, q->rule);
	return order ? order : str_cmp(group_key(g), group_key(h));
}

/* A window that is judged when it closes: whether it is an episode. */
static bool judge_closed(struct correlate *c, struct group *g)
{
	struct episode *e = g->episode;

	e->value = c->kind->value_of(c, g);
	e->fired = *episode_last(e);
	return spec_holds(&c->spec, e->value);
}

static int64_t group_time(const struct correlate *c, const struct group *g)
{
	return c->closing ? g->episode->first_time : place_at(c, g, g->n - 1)->time;
}

/* Ends what the time `now` ends; everything where it is the end of the input. */
static void close_windows(struct correlate *c, int64_t now, bool end)
{
	vec_clear(&c->over);
	while (c->groups.oldest != GROUP_NONE) {
		struct group *g = groups_at(&c->groups, c->groups.oldest);
		if (!end && within(group_time(c, g), now, c->spec.timespan))
			break;
		groups_unlink(&c->groups, g);
		if (c->closing ? judge_closed(c, g) : g->episode != NULL)
			*vec_add(&c->over) = g;
		else
			free_group(c, g);
	}
	if (c->over.n > 1)
		qsort(c->over.at, c->over.n, sizeof *c->over.at, compare_over);
	for (size_t i = 0; i < c->over.n; i++) {
		struct group *g = c->over.at[i];
		if (c->closing) {
			c->counts.episodes++;
			episode_tell(c, g, c->calls.fired);
		}
		episode_tell(c, g, c->calls.ended);
		free_group(c, g);
	}
}

static void set_time(struct correlate *c, int64_t time)
{
	assert(time >= c->now);
	c->now = time;
	close_windows(c, time, false);
}

void correlate_advance(struct correlate *c, int64_t time)
{
	set_time(c, time);
}

void correlate_end(struct correlate *c)
{
	close_windows(c, c->now, true);
}

/* ---- limits --------------------------------------------------------------------------------------------------------------- */

/* What an episode of it has shown so far stands; a window that has not closed cannot be judged. */
static void drop_group(struct correlate *c, struct group *g)
{
	c->counts.dropped_groups++;
	if (!c->closing && g->episode)
		episode_tell(c, g, c->calls.ended);
	groups_unlink(&c->groups, g);
	free_group(c, g);
}

/* Drops the stalest groups, but not `keep`, until `more` bytes have room. False where there is none left to drop. */
static bool make_room(struct correlate *c, const struct group *keep, size_t more)
{
	while (c->tally.now + more > c->bytes_max) {
		uint32_t stalest = c->groups.oldest;
		if (keep && stalest == keep->number)
			stalest = keep->newer;
		if (stalest == GROUP_NONE)
			return false;
		drop_group(c, groups_at(&c->groups, stalest));
	}
	return true;
}

/* Room for one entry more, or false: the ring stays as large as it is. */
static bool grow_ring(struct correlate *c, struct group *g)
{
	uint32_t cap = g->cap ? g->cap * 2 : 1;

	if (g->cap >= c->ring_max)
		return false;
	if (cap > c->ring_max)
		cap = c->ring_max;
	if (!make_room(c, g, cap * c->entry_size) && g->cap)
		return false;
	char *ring = tally_resize(&c->tally, NULL, 0, cap * c->entry_size);
	for (uint32_t i = 0; i < g->n; i++)
		memcpy(ring + i * c->entry_size, entry_at(c, g, i), c->entry_size);
	tally_resize(&c->tally, g->ring, g->cap * c->entry_size, 0);
	g->ring = ring;
	g->cap = cap;
	g->first = 0;
	return true;
}

static void push(struct correlate *c, struct group *g, const struct entry *e)
{
	if (g->n == g->cap && !grow_ring(c, g)) {
		leave(c, g);
		c->counts.dropped_entries += g->cap < c->ring_max || c->ring_lossy;
	}
	memcpy(entry_at(c, g, g->n++), e, c->entry_size);
}

/* ---- matches -------------------------------------------------------------------------------------------------------------- */

static bool usable(const struct correlate *c, const struct correlate_match *m)
{
	return (!c->kind->number || isfinite(m->number)) && (!c->kind->value || m->value.p);
}

static struct group *group_of(struct correlate *c, const struct correlate_match *m)
{
	uint32_t hash = (uint32_t)hash_str(m->key);
	struct group *g = groups_find(&c->groups, m->key, hash);

	if (g)
		return g;
	if (c->groups.live >= c->groups_max)
		drop_group(c, groups_at(&c->groups, c->groups.oldest));
	make_room(c, NULL, sizeof(struct group) + sizeof(struct episode) + m->key.n + m->shown.n + m->value.n);
	g = groups_add(&c->groups, m, hash);
	if (c->groups.live > c->counts.groups_peak)
		c->counts.groups_peak = c->groups.live;
	if (c->closing)
		g->episode = episode_new(&c->tally);
	return g;
}

/* The window that closes: nothing leaves it. */
static void add_closing(struct correlate *c, struct group *g, const struct correlate_match *m)
{
	const struct correlate_place *before = g->episode->count ? episode_last(g->episode) : NULL;
	struct entry e = {.place = m->place};

	if (c->kind->once && before && same_event(before, &m->place))
		return;
	c->kind->enter(c, g, m, before, &e);
	episode_add(&c->tally, g->episode, &m->place);
	if (c->kind->keeps)
		push(c, g, &e);
}

static void judge_sliding(struct correlate *c, struct group *g, const struct correlate_place *place)
{
	double value = c->kind->value_of(c, g);
	bool holds = spec_holds(&c->spec, value);

	if (holds && g->episode) {
		episode_add(&c->tally, g->episode, place);
	} else if (holds) {
		g->episode = episode_of_ring(c, g);
		g->episode->fired = *place;
		g->episode->value = value;
		c->counts.episodes++;
		episode_tell(c, g, c->calls.fired);
	} else if (g->episode) {
		episode_tell(c, g, c->calls.ended);
		episode_free(&c->tally, g->episode);
		g->episode = NULL;
	}
}

static void add_sliding(struct correlate *c, struct group *g, const struct correlate_match *m)
{
	const struct correlate_place *before = g->n ? place_at(c, g, g->n - 1) : NULL;
	struct entry e = {.place = m->place};

	if (c->kind->once && before && same_event(before, &m->place))
		return;
	groups_renew(&c->groups, g);
	while (g->n && !within(place_at(c, g, 0)->time, c->now, c->spec.timespan))
		leave(c, g);
	c->kind->enter(c, g, m, before, &e);
	push(c, g, &e);
	judge_sliding(c, g, &m->place);
}

void correlate_add(struct correlate *c, const struct correlate_match *m)
{
	assert(m->input < c->spec.rule_count);
	set_time(c, m->place.time);
	c->counts.matches++;
	if (!usable(c, m)) {
		c->counts.no_value++;
		return;
	}
	struct group *g = group_of(c, m);
	if (c->closing)
		add_closing(c, g, m);
	else
		add_sliding(c, g, m);
}
