#include "decode/evtx_carve.h"

#include "base/hash.h"

#define SEEN_SLOTS 32768u	/* the context's 8,192 and a chunk's 2,340 at most */
#define FALLBACKS_MAX 64u	/* identifiers looked for in a chunk: each costs a pass over it */
#define DEFINITION_HEAD 24u

struct evtx_carve {
	uint64_t seen[SEEN_SLOTS];	/* hashes of records; 0: empty */
	struct { uint32_t id, stage, offset; } fallback[FALLBACKS_MAX];
	uint32_t fallback_count;
};

void evtx_carve_free(struct evtx_carve *carve)
{
	vec_release(carve);
}

/* ---- records that have been told ------------------------------------------------------------------------------------- */

static uint64_t record_hash(const uint8_t *record, uint32_t size)
{
	uint64_t h = hash64(record, size, 0);
	return h ? h : 1;
}

/* True where it is new. */
static bool add_seen(struct evtx_carve *carve, uint64_t hash)
{
	uint32_t i = (uint32_t)hash % SEEN_SLOTS;

	while (carve->seen[i] && carve->seen[i] != hash)
		i = (i + 1) % SEEN_SLOTS;
	if (carve->seen[i])
		return false;
	carve->seen[i] = hash;
	return true;
}

static void fill_seen(struct evtx_state *s, uint32_t from)
{
	struct evtx_carve *carve = s->carve;
	struct str context = s->ctx->context;
	uint32_t size;

	memset(carve->seen, 0, sizeof carve->seen);
	for (size_t i = 0; i + 8 <= context.n && i < DECODE_CONTEXT_MAX; i += 8)
		add_seen(carve, evtx_u64((const uint8_t *)context.p + i));
	for (uint32_t at = EVTX_CHUNK_HEAD; at < from; at += size) {
		size = evtx_record_size(s->chunk, at, from);
		if (size)
			add_seen(carve, record_hash(s->chunk + at, size));
		else
			size = 8;
	}
}

static void carry_slot(const uint8_t *p, uint32_t n, struct buf *context)
{
	for (uint32_t at = 0, size; at < n && n - at >= EVTX_RECORD_LEAST; at += size) {
		size = evtx_record_size(p, at, n);
		if (size) {
			uint64_t hash = record_hash(p + at, size);
			buf_put(context, &hash, sizeof hash);
		} else {
			size = 8;
		}
	}
}

void evtx_carry(struct str block, struct buf *context)
{
	for (; block.n; block = str_skip(block, EVTX_CHUNK)) {
		struct str slot = str_head(block, EVTX_CHUNK);
		carry_slot((const uint8_t *)slot.p, (uint32_t)slot.n, context);
		if (context->n <= DECODE_CONTEXT_MAX)
			continue;
		size_t over = context->n - DECODE_CONTEXT_MAX;
		memmove(context->p, context->p + over, DECODE_CONTEXT_MAX);
		context->n = DECODE_CONTEXT_MAX;
	}
}

/* ---- templates ---------------------------------------------------------------------------------------------------------- */

static bool bears_id(const struct evtx_state *s, uint32_t offset, uint32_t id)
{
	static const uint8_t fragment[4] = {0x0f, 1, 1, 0};
	if (offset > s->size || s->size - offset < DEFINITION_HEAD + 4 || evtx_u32(s->chunk + offset + 4) != id)
		return false;
	uint32_t size = evtx_u32(s->chunk + offset + 20);
	return size <= s->size - offset - DEFINITION_HEAD && memcmp(s->chunk + offset + DEFINITION_HEAD, fragment, 4) == 0;
}

static bool is_readable(struct evtx_state *s, uint32_t offset, enum evtx_stage stage)
{
	const struct evtx_template *t = evtx_template_at(s, offset, stage);
	return t && !t->damaged;
}

/* Two templates that share the identifier, the first bytes of a GUID, leave open which is meant. Of a damaged one some names
 * are gone: its fields up to there stand. */
static uint32_t search_definition(struct evtx_state *s, uint32_t id, enum evtx_stage stage)
{
	uint32_t found = UINT32_MAX;
	bool readable = false;
	struct str chunk = {(const char *)s->chunk, s->size}, needle = {(const char *)&id, 4};

	for (size_t at = EVTX_CHUNK_HEAD; at < chunk.n; at++) {
		ptrdiff_t next = str_find(str_skip(chunk, at), needle);
		if (next < 0)
			break;
		at += (size_t)next;
		uint32_t offset = (uint32_t)at - 4;
		if (!bears_id(s, offset, id))
			continue;
		if (found != UINT32_MAX && memcmp(s->chunk + found + 4, s->chunk + offset + 4, 16) != 0)
			return UINT32_MAX;
		bool whole = !readable && is_readable(s, offset, stage);
		if (found == UINT32_MAX || whole)
			found = offset;
		readable |= whole;
	}
	return found;
}

uint32_t evtx_carve_definition(struct evtx_state *s, const uint8_t *p, enum evtx_stage stage)
{
	struct evtx_carve *carve = s->carve;
	uint32_t id = evtx_u32(p + 2), offset = evtx_u32(p + 6), i = 0;

	if (bears_id(s, offset, id) && (is_readable(s, offset, stage) || s->chunk + offset == p + 10))
		return offset;
	while (i < carve->fallback_count && (carve->fallback[i].id != id || carve->fallback[i].stage != stage))
		i++;
	if (i == FALLBACKS_MAX)
		return UINT32_MAX;
	if (i == carve->fallback_count) {
		carve->fallback[i].id = id;
		carve->fallback[i].stage = stage;
		carve->fallback[i].offset = search_definition(s, id, stage);
		carve->fallback_count++;
	}
	return carve->fallback[i].offset;
}

/* ---- records ------------------------------------------------------------------------------------------------------------- */

/* Nothing is known of one whose outer template is gone; of others the fields that are left are told. */
static void carve_record(struct evtx_state *s, uint32_t at, uint32_t size)
{
	struct decode_ctx *c = s->ctx;
	struct event *e = &s->event;

	evtx_carve_body(s, s->chunk + at, size);
	bool known = e->event_id != EVENT_NO_ID && (e->provider.p || e->channel.p);
	if (!known || s->damaged)
		decode_skip(c, DECODE_CARVED_RECORD, known ? 0 : size, at, known ? "only a part of it can be read" :
			    "its template has been overwritten");
	if (!known)
		return;
	if (s->limited)
		decode_skip(c, DECODE_FIELDS_LIMIT, 0, e->record, "more fields or larger ones than a record may have");
	e->flags |= EVENT_CARVED | (s->damaged || s->limited ? EVENT_PARTIAL : 0);
	c->stats->events++;
	/* Its own place: the record's number may stand in the chunk a second time. */
	c->offset += at;
	c->emit(c->user, e);
	c->offset -= at;
}

void evtx_carve(struct evtx_state *s, uint32_t from)
{
	struct str slack = {(const char *)s->chunk + from, s->size - from};
	uint32_t size;

	if (slack.n < EVTX_RECORD_LEAST || (slack.p[0] == 0 && memcmp(slack.p, slack.p + 1, slack.n - 1) == 0))
		return;
	if (!s->carve)
		s->carve = mem_alloc(sizeof *s->carve);
	fill_seen(s, from);
	s->carve->fallback_count = 0;
	evtx_begin_templates(s);
	s->carving = true;
	for (uint32_t at = (from + 7) & ~7u; at < s->size; at += size) {
		size = evtx_record_size(s->chunk, at, s->size);
		if (size && add_seen(s->carve, record_hash(s->chunk + at, size)))
			carve_record(s, at, size);
		size = size ? size : 8;
	}
	s->carving = false;
}
