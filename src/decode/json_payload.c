#include <string.h>

#include "decode/journald.h"
#include "decode/json_parse.h"

static struct str behind_cookie(struct str message)
{
	return str_starts(message, STR("@cee:")) ? str_trim(str_skip(message, 5)) : str_trim(message);
}

static bool is_object(struct str message)
{
	struct str s = behind_cookie(message);

	return s.n > 6 && s.p[0] == '{' && s.p[s.n - 1] == '}' && str_find_byte(str_head(s, 64), '"') > 0;
}

/* Fields and facts of `from` behind those of the header. False where the event is full. */
static bool merge(struct event *e, const struct event *from)
{
	if (!event_reserve(e, from->field_count))
		return false;
	memcpy(e->fields + e->field_count, from->fields, from->field_count * sizeof *from->fields);
	e->field_count += from->field_count;
	if (from->time != TICKS_NONE) {
		e->time = from->time;
		e->offset_min = from->offset_min;
	}
	if (from->product.p || from->category.p) {
		e->product = from->product;
		e->service = from->service;
		e->category = from->category;
	}
	e->channel = from->channel;
	e->provider = from->provider;
	e->event_id = from->event_id;
	return true;
}

static enum decode_result decode_object(const struct payload_line *line, void *state, struct event *e)
{
	struct str text = behind_cookie(line->message);
	struct event inner;
	struct json_state *s = state;
	struct json_parse j = {.state = s, .e = &inner, .lines = true};
	struct wrapper_job job = {&j.seen, &s->system, line->ctx->options, NULL, NULL};
	char *copy = arena_bytes(e->arena, text.n + 1 + JSON_PAD);
	const char *end;

	memcpy(copy, text.p, text.n);
	copy[text.n] = '\n';
	memset(copy + text.n + 1, 0, JSON_PAD);
	j.out = arena_bytes(e->arena, text.n + JSON_PAD);
	json_state_begin_block(s, e->names);
	json_state_begin_object(s, e->names);
	event_init(&inner, e->names, e->arena);
	end = json_parse_sse2(&j, copy);
	if (!end || end != copy + text.n)
		return DECODE_MISS;
	j.seen.roles &= ~UINT64_C(1);
	job.table = s->meanings.at;
	job.index = s->of_field;
	if (!wrapper_finish(&job, &inner) && wrapper_is_journal(&j.seen))
		journald_finish(line->ctx, &inner);
	if (merge(e, &inner))
		return DECODE_MATCH;
	decode_skip(line->ctx, DECODE_FIELDS_LIMIT, text.n, e->record, "a JSON object");
	return DECODE_PARTIAL;
}

const struct payload json_payload = {
	.name = "json",
	.first = "{@",
	.programs = "",
	.is = is_object,
	.decode = decode_object,
	.state_new = json_state_new,
	.state_free = json_state_free,
};
