/*
 * The contract of the EVTX decoder, on whatever bytes: values lie inside the block or the arena, names are known, the same
 * block gives the same events twice, no more events than record frames fit, each event is one line of valid UTF-8, and
 * every value renders within its bound, folded as the rendering folded.
 *
 * With carving, the same and more: what is carved is marked, and comes behind all that comes without. So do records that are
 * told to have been seen.
 *
 * The first byte tells what the rest is: 0 a block as it stands, 1 the records of a chunk, 2 those of a chunk whose live ones end
 * where the next two bytes say, else the body of one record.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "decode/evtx_xml.h"
#include "event/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pass {
	uint64_t events, hash, carved, live_hash;
	size_t rendered;
	struct str block;
	struct arena *arena;
	struct buf line;
	char *room[2];
	size_t room_size;
};

#define RENDERED_MAX ((size_t)4 << 20)	/* of one input: enough to see every kind */

static void check_text(struct pass *p, const struct field *f)
{
	size_t max = value_text_max(f), need = UTF8_FOLD_MAX(max);
	if (p->rendered > RENDERED_MAX)
		return;
	if (need > p->room_size) {
		p->room_size = need;
		p->room[0] = realloc(p->room[0], need);
		p->room[1] = realloc(p->room[1], need);
		assert(p->room[0] && p->room[1]);
	}
	size_t n = value_render(f, p->room[0]);
	assert(n <= max);
	size_t want = utf8_fold((struct str){p->room[0], n}, p->room[1]);
	size_t got = value_render_folded(f, p->room[0]);
	assert(got <= max && got == want && memcmp(p->room[0], p->room[1], got) == 0);
	assert(!memchr(p->room[0], 0xff, got));
	p->rendered += max;
}

static void mix(struct pass *p, const void *bytes, size_t n)
{
	p->hash = (p->hash ^ hash64(bytes, n, p->hash)) * UINT64_C(0x9E3779B97F4A7C15);
}

static void check_field(struct pass *p, const struct event *e, const struct field *f)
{
	const char *at = f->data;
	struct str name = names_text(e->names, f->name);
	bool inside = at >= p->block.p && at + f->size <= p->block.p + p->block.n;
	assert(f->kind < VALUE_KINDS && f->space <= FIELD_SYSTEM);
	assert(f->key == names_key(e->names, f->name));
	assert(f->size <= EVTX_CHUNK * 4);
	/* Else it is in the arena, where address sanitizer sees what lies beyond, or a literal of the program. */
	assert(inside || f->kind == VALUE_TEXT || f->kind == VALUE_NULL || f->size == 0);
	assert(f->kind == VALUE_NULL || at);
	check_text(p, f);
	mix(p, name.p, name.n);
	mix(p, at ? at : "", f->size);
	mix(p, &f->kind, 1);
}

static void check_event(void *user, struct event *e)
{
	struct pass *p = user;
	p->events++;
	assert(e->field_count <= e->field_cap && e->field_count <= EVENT_FIELDS_MAX);
	for (uint32_t i = 0; i < e->field_count; i++)
		check_field(p, e, &e->fields[i]);
	mix(p, &e->record, sizeof e->record);
	mix(p, &e->time, sizeof e->time);
	assert(str_eq(e->product, STR("windows")));
	p->carved += (e->flags & EVENT_CARVED) != 0;
	assert(p->carved == 0 || (e->flags & EVENT_CARVED));
	if (!p->carved)
		p->live_hash = p->hash;
	assert(e->event_id >= EVENT_NO_ID);
	if (p->rendered > RENDERED_MAX)
		return;
	buf_clear(&p->line);
	event_json(e, &p->line);
	struct str line = buf_get(&p->line);
	assert(utf8_is_valid(line) && str_find_byte(line, '\n') < 0);
	assert(line.n >= 2 && line.p[0] == '{' && line.p[line.n - 1] == '}');
	p->rendered += line.n;
}

static void run_pass(struct str block, void *state, struct names *names, struct pass *out, struct decode_stats *stats,
		     const struct decode_options *options, struct str context)
{
	memset(out, 0, sizeof *out);
	memset(stats, 0, sizeof *stats);
	out->block = block;
	out->arena = arena_new(0);
	struct decode_ctx c = {.arena = out->arena, .names = names, .stats = stats, .emit = check_event, .user = out, .state = state,
			      .options = options, .context = context};
	names_begin_batch(names);
	evtx_check_header(&c, block);
	evtx_format.decode(&c, block);
	assert(arena_used(out->arena) < (size_t)64 << 20);
	arena_free(out->arena);
	buf_free(&out->line);
	free(out->room[0]);
	free(out->room[1]);
}

static void put_u32(uint8_t *p, size_t v)
{
	uint32_t u = (uint32_t)v;
	memcpy(p, &u, 4);
}

/* In memory of its exact size, so that the sanitizer sees a read behind its end. */
static struct str make_block(uint8_t how, const uint8_t *data, size_t size)
{
	size_t head = how == 0 ? 0 : how <= 2 ? 512 : 536, tail = how > 2 ? 4 : 0, live = SIZE_MAX;
	if (how == 2 && size >= 2) {
		live = data[0] | (size_t)data[1] << 8;
		data += 2;
		size -= 2;
	}
	if (size > EVTX_CHUNK - head - tail)
		size = EVTX_CHUNK - head - tail;
	size_t all = head + size + tail;
	uint8_t *p = calloc(1, all ? all : 1);
	assert(p);
	if (size)
		memcpy(p + head, data, size);
	if (how) {
		memcpy(p, "ElfChnk", 8);
		put_u32(p + 48, live < all ? live : all);
	}
	if (how > 2) {
		put_u32(p + 512, 0x2a2a);
		put_u32(p + 516, all - 512);
		put_u32(p + all - 4, all - 512);
	}
	return (struct str){(char *)p, all};
}

/* What comes with carving, twice, and with all of it in the context. */
static void check_carving(struct str block, void *state, struct names *names, const struct pass *without)
{
	static const struct decode_options carve = {.carve = true};
	struct pass first, second, third;
	struct decode_stats stats, again, rest;
	struct buf context = {0};
	run_pass(block, state, names, &first, &stats, &carve, STR_NONE);
	run_pass(block, state, names, &second, &again, &carve, STR_NONE);
	assert(first.events == second.events && first.hash == second.hash && memcmp(&stats, &again, sizeof stats) == 0);
	assert(stats.events == first.events && stats.events <= block.n / 28);
	assert(first.events == without->events + first.carved);
	assert(without->events == 0 || first.live_hash == without->live_hash);
	evtx_format.carry(block, &context);
	assert(context.n <= DECODE_CONTEXT_MAX && context.n % 8 == 0);
	run_pass(block, state, names, &third, &rest, &carve, buf_get(&context));
	assert(third.events == without->events && rest.count[DECODE_CARVED_RECORD] == 0);
	buf_free(&context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void *state;
	static struct names *names;
	if (!state) {
		state = evtx_format.state_new();
		names = names_new(NULL);
	}
	struct str block = make_block(size ? data[0] : 0, data + (size > 0), size ? size - 1 : 0);
	struct pass first, second;
	struct decode_stats stats, again;
	run_pass(block, state, names, &first, &stats, NULL, STR_NONE);
	run_pass(block, state, names, &second, &again, NULL, STR_NONE);
	assert(first.events == second.events && first.hash == second.hash);
	assert(memcmp(&stats, &again, sizeof stats) == 0);
	assert(stats.events == first.events && stats.events <= block.n / 28);
	assert(stats.used_bytes <= block.n);
	assert(size == 0 || data[0] <= 2 || stats.events == 1);
	assert(first.carved == 0);
	check_carving(block, state, names, &first);
	free((void *)(uintptr_t)block.p);
	return 0;
}
