/*
 * The contract of the XML decoder on whatever bytes: values lie inside the block or the arena, names are known, each event is one
 * line of valid UTF-8, the same text gives the same events twice and however it is cut into blocks, no byte is lost by cutting, and
 * behind a syslog header an event that is not taken is as it was.
 *
 * The first byte is the step in which the text arrives.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "decode/winxml.h"
#include "event/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pass {
	struct decode_ctx c;
	struct decode_stats stats;
	struct str block;
	uint64_t events, hash, skips;
	struct buf line;
};

static void mix(struct pass *p, const void *bytes, size_t n)
{
	p->hash = (p->hash ^ hash64(bytes, n, p->hash)) * UINT64_C(0x9E3779B97F4A7C15);
}

static void check_event(void *user, struct event *e)
{
	struct pass *p = user;

	p->events++;
	assert(p->c.offset <= e->record || e->field_count);
	assert(str_eq(e->product, STR("windows")) || str_eq(e->product, STR("linux")));
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		struct str name = names_text(e->names, f->name);
		assert(f->kind == VALUE_TEXT || f->kind == VALUE_NUMBER);
		assert(f->space <= FIELD_SYSTEM && f->data && name.n);
		mix(p, name.p, name.n);
		mix(p, f->data, f->size);	/* address sanitizer sees what lies beyond */
		mix(p, &f->kind, 1);
	}
	mix(p, &e->record, sizeof e->record);
	mix(p, &e->time, sizeof e->time);
	mix(p, &e->flags, sizeof e->flags);
	buf_clear(&p->line);
	event_json(e, &p->line);
	struct str line = buf_get(&p->line);
	assert(utf8_is_valid(line) && str_find_byte(line, '\n') < 0);
}

static void check_skip(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	struct pass *p = user;
	uint64_t at = cause == DECODE_XML_SYNTAX ? p->c.offset + place : place;

	assert(detail && (cause == DECODE_XML_SYNTAX || cause == DECODE_FIELDS_LIMIT));
	assert(cause != DECODE_XML_SYNTAX || place < p->block.n);
	p->skips++;
	mix(p, &at, sizeof at);
}

static void decode(struct pass *p, struct str bytes, size_t at)
{
	/* In memory of its exact size. */
	char *copy = malloc(bytes.n ? bytes.n : 1);

	assert(copy);
	if (bytes.n)
		memcpy(copy, bytes.p, bytes.n);
	p->block = str_n(copy, bytes.n);
	p->c.offset = at;
	arena_reset(p->c.arena);
	names_begin_batch(p->c.names);
	winxml_format.decode(&p->c, p->block);
	assert(arena_used(p->c.arena) < ((size_t)16 << 20) + 64 * bytes.n);
	free(copy);
}

static void run_pass(struct pass *p, struct str text, size_t step)
{
	size_t at = 0, end = 0;

	while (at < text.n) {
		end = end + step < text.n ? end + step : text.n;
		size_t n = end == text.n ? text.n - at : winxml_format.cut(str_n(text.p + at, end - at));
		assert(n <= end - at);
		if (n)
			decode(p, str_n(text.p + at, n), at);
		at += n;
	}
}

static void check_payload(struct pass *p, struct str text)
{
	struct event e;
	struct payload_line line = {&p->c, STR_NONE, text};

	if (!text.n || !winxml_payload.is(text))
		return;
	event_init(&e, p->c.names, p->c.arena);
	e.record = 7;
	event_add_named(&e, FIELD_SYSTEM, STR("host"), VALUE_TEXT, STR("h"));
	struct event before = e;
	enum decode_result r = winxml_payload.decode(&line, p->c.state, &e);
	assert(r == DECODE_MATCH || r == DECODE_MISS);
	assert(e.record == 7 && e.field_count >= 1 && str_eq(names_text(e.names, e.fields[0].name), STR("host")));
	before.fields = e.fields;
	before.field_cap = e.field_cap;
	assert(r == DECODE_MATCH || memcmp(&before, &e, sizeof e) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void *state;
	static struct names *names;
	struct pass passes[3] = {0};

	if (!state) {
		state = winxml_format.state_new();
		names = names_new(NULL);
	}
	struct str text = str_n(data + (size > 0), size ? size - 1 : 0);
	size_t step = size && data[0] ? data[0] : 1;
	for (int i = 0; i < 3; i++) {
		struct pass *p = &passes[i];
		p->c = (struct decode_ctx){.arena = arena_new(0), .names = names, .stats = &p->stats, .emit = check_event,
					   .skip = check_skip, .user = p, .state = state};
		run_pass(p, text, i == 2 ? step : text.n + 1);
		assert(p->events == p->stats.events);
		assert(p->events == passes[0].events && p->skips == passes[0].skips && p->hash == passes[0].hash);
		assert(p->stats.used_bytes == text.n && p->stats.bytes[DECODE_XML_SYNTAX] <= text.n);
		if (i == 0)
			check_payload(p, text);
		arena_free(p->c.arena);
		buf_free(&p->line);
	}
	return 0;
}
