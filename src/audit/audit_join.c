#include "audit/audit_join.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/vec.h"

#define SLOTS 2048u			/* of the table of open events; a power of two */
#define NODES 256u
#define KEEP_BYTES (64u << 10)		/* a larger buffer is not kept for the next event */
#define NONE UINT32_MAX

/* Where a record's parts stand in its event's text. */
struct kept { uint32_t type, type_size, body, body_size; };

struct open {
	int64_t time;
	uint64_t serial, hash, line;
	uint32_t node_size;		/* the text begins with the node's name */
	uint32_t node;			/* its clock */
	uint32_t next_slot;		/* in the same slot of the table, or free */
	uint32_t older, newer;		/* of the same clock */
	bool used, cut;
	struct buf text;
	VEC(struct kept) records;
};

struct audit_join {
	struct open *at;		/* AUDIT_OPEN_MAX + 1 */
	uint32_t slots[SLOTS];
	struct { int64_t latest; uint32_t oldest, newest; } nodes[NODES];
	uint32_t free, count;
	uint32_t last;			/* where the last record went */
	uint32_t ended;			/* waits for nothing but a record of another event */
	size_t bytes;
	VEC(struct audit_record) given;
};

struct audit_join *audit_join_new(void)
{
	struct audit_join *j = mem_alloc(sizeof *j);

	j->at = mem_alloc((AUDIT_OPEN_MAX + 1) * sizeof *j->at);
	for (uint32_t i = 0; i <= AUDIT_OPEN_MAX; i++)
		j->at[i].next_slot = i < AUDIT_OPEN_MAX ? i + 1 : NONE;
	for (size_t i = 0; i < SLOTS; i++)
		j->slots[i] = NONE;
	for (size_t i = 0; i < NODES; i++) {
		j->nodes[i].latest = INT64_MIN;
		j->nodes[i].oldest = j->nodes[i].newest = NONE;
	}
	j->last = j->ended = NONE;
	return j;
}

void audit_join_free(struct audit_join *j)
{
	if (!j)
		return;
	for (uint32_t i = 0; i <= AUDIT_OPEN_MAX; i++) {
		buf_free(&j->at[i].text);
		vec_free(&j->at[i].records);
	}
	vec_release(j->at);
	vec_free(&j->given);
	vec_release(j);
}

size_t audit_join_open(const struct audit_join *j)
{
	return j->count;
}

/* ---- the table ---- */

static bool is_of(const struct open *o, const struct audit_record *r)
{
	return o->used && o->serial == r->serial && o->time == r->time && o->node_size == r->node.n &&
	       (!r->node.n || !memcmp(o->text.p, r->node.p, r->node.n));
}

static uint32_t find(const struct audit_join *j, const struct audit_record *r, uint64_t hash)
{
	uint32_t i = j->slots[hash % SLOTS];

	while (i != NONE && !is_of(&j->at[i], r))
		i = j->at[i].next_slot;
	return i;
}

static void take_from_slot(struct audit_join *j, uint32_t i)
{
	uint32_t *at = &j->slots[j->at[i].hash % SLOTS];

	while (*at != i)
		at = &j->at[*at].next_slot;
	*at = j->at[i].next_slot;
}

static void take_from_node(struct audit_join *j, const struct open *o)
{
	if (o->older == NONE)
		j->nodes[o->node].oldest = o->newer;
	else
		j->at[o->older].newer = o->newer;
	if (o->newer == NONE)
		j->nodes[o->node].newest = o->older;
	else
		j->at[o->newer].older = o->older;
}

static void make_free(struct audit_join *j, uint32_t i)
{
	struct open *o = &j->at[i];

	take_from_slot(j, i);
	take_from_node(j, o);
	j->bytes -= o->text.n;
	o->used = false;
	buf_clear(&o->text);
	vec_clear(&o->records);
	if (o->text.cap > KEEP_BYTES)
		buf_free(&o->text);
	if (o->records.cap > KEEP_BYTES / sizeof *o->records.at)
		vec_free(&o->records);
	o->next_slot = j->free;
	j->free = i;
	j->count--;
	if (j->last == i)
		j->last = NONE;
	if (j->ended == i)
		j->ended = NONE;
}

static uint32_t clock_of(struct str node)
{
	return node.n ? (uint32_t)(hash64(node.p, node.n, 1) % NODES) : 0;
}

static uint32_t make_open(struct audit_join *j, const struct audit_record *r, uint64_t hash, uint64_t line)
{
	uint32_t i = j->free, node = clock_of(r->node);
	struct open *o = &j->at[i];

	assert(i != NONE);
	j->free = o->next_slot;
	j->count++;
	o->time = r->time;
	o->serial = r->serial;
	o->hash = hash;
	o->line = line;
	o->used = true;
	o->cut = false;
	o->node = node;
	o->node_size = (uint32_t)r->node.n;
	buf_str(&o->text, r->node);
	j->bytes += r->node.n;
	o->next_slot = j->slots[hash % SLOTS];
	j->slots[hash % SLOTS] = i;
	o->newer = NONE;
	o->older = j->nodes[node].newest;
	if (o->older == NONE)
		j->nodes[node].oldest = i;
	else
		j->at[o->older].newer = i;
	j->nodes[node].newest = i;
	return i;
}

/* ---- giving ---- */

static void give_event(struct audit_join *j, uint32_t i, bool early, audit_give_fn *give, void *user)
{
	const struct open *o = &j->at[i];
	struct str text = buf_get(&o->text);
	struct audit_given g = {.line = o->line, .early = early, .cut = o->cut};

	vec_clear(&j->given);
	for (size_t k = 0; k < o->records.n; k++) {
		const struct kept *at = &o->records.at[k];

		*vec_add(&j->given) = (struct audit_record){
			.node = o->node_size ? str_head(text, o->node_size) : STR_NONE,
			.type = at->type_size ? str_n(text.p + at->type, at->type_size) : STR_NONE,
			.body = str_n(text.p + at->body, at->body_size), .time = o->time, .serial = o->serial,
		};
	}
	g.records = j->given.at;
	g.count = j->given.n;
	if (g.count)
		give(user, &g);
	make_free(j, i);
}

/* The open event with the smallest line. */
static uint32_t oldest(const struct audit_join *j)
{
	uint32_t best = NONE;

	for (size_t n = 0; n < NODES; n++) {
		uint32_t i = j->nodes[n].oldest;

		if (i != NONE && (best == NONE || j->at[i].line < j->at[best].line))
			best = i;
	}
	return best;
}

/* A new event whose time lies far back: the clock was set, or an older log begins. Nothing more comes of what is open. */
static void turn_back(struct audit_join *j, uint32_t node, int64_t time, audit_give_fn *give, void *user)
{
	if (j->nodes[node].latest == INT64_MIN || time + AUDIT_WAIT_TICKS >= j->nodes[node].latest)
		return;
	while (j->nodes[node].oldest != NONE)
		give_event(j, j->nodes[node].oldest, false, give, user);
	j->nodes[node].latest = time;
}

static void move_clock(struct audit_join *j, uint32_t node, int64_t time, audit_give_fn *give, void *user)
{
	if (time > j->nodes[node].latest)
		j->nodes[node].latest = time;
	for (;;) {
		uint32_t i = j->nodes[node].oldest;

		if (i == NONE || j->at[i].time + AUDIT_WAIT_TICKS >= j->nodes[node].latest)
			return;
		give_event(j, i, false, give, user);
	}
}

static uint32_t put(struct buf *b, struct str s)
{
	size_t at = b->n;

	buf_str(b, s);
	return (uint32_t)at;
}

static void keep(struct audit_join *j, uint32_t i, const struct audit_record *r)
{
	struct open *o = &j->at[i];
	size_t before = o->text.n;
	struct kept kept = {.type_size = (uint32_t)r->type.n, .body_size = (uint32_t)r->body.n};

	buf_reserve(&o->text, r->type.n + r->body.n);
	kept.type = put(&o->text, r->type);
	kept.body = put(&o->text, r->body);
	*vec_add(&o->records) = kept;
	j->bytes += o->text.n - before;
}

void audit_join_add(struct audit_join *j, const struct audit_record *r, uint64_t line, bool cut, audit_give_fn *give, void *user)
{
	uint64_t hash = 0;
	uint32_t i = j->last;

	if (i == NONE || !is_of(&j->at[i], r)) {
		hash = hash64(r->node.n ? r->node.p : "", r->node.n, r->serial * 31 + (uint64_t)r->time);
		i = find(j, r, hash);
	}
	if (j->ended != i)
		audit_join_other(j, give, user);
	if (str_eq(r->type, STR("EOE"))) {
		if (i != NONE)
			give_event(j, i, false, give, user);
		return;
	}
	if (i == NONE) {
		turn_back(j, clock_of(r->node), r->time, give, user);
		i = make_open(j, r, hash, line);
	}
	keep(j, i, r);
	j->at[i].cut |= cut;
	j->last = i;
	if (str_eq(r->type, STR("PROCTITLE")) || audit_is_alone(r->type))
		j->ended = i;
	move_clock(j, j->at[i].node, r->time, give, user);
	while (j->count > AUDIT_OPEN_MAX || j->bytes > AUDIT_BYTES_MAX)
		give_event(j, oldest(j), true, give, user);
}

void audit_join_other(struct audit_join *j, audit_give_fn *give, void *user)
{
	if (j->ended != NONE)
		give_event(j, j->ended, false, give, user);
}

void audit_join_end(struct audit_join *j, audit_give_fn *give, void *user)
{
	uint32_t i;

	while ((i = oldest(j)) != NONE)
		give_event(j, i, false, give, user);
	for (size_t n = 0; n < NODES; n++)
		j->nodes[n].latest = INT64_MIN;
}
