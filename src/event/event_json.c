#include "event/value.h"

#include <string.h>

#include "base/json.h"

/*
 * Fields of one name are chained in order: next[i] is the index of the following one + 1. A small hash table finds the
 * last one met of a name, so that an event with 65,536 fields costs no more than 65,536 steps.
 */
struct chains {
	const struct event *e;
	bool windows;		/* the system fields stand in an object of their own */
	uint32_t *next;
	uint8_t *later;		/* not the first of its name */
	uint32_t *slots, mask;	/* index + 1 of the last field of a name */
};

static bool same_name(const struct chains *c, const struct field *a, const struct field *b)
{
	return a->name == b->name && (!c->windows || a->space == b->space);
}

static void chain_one(struct chains *c, uint32_t i)
{
	const struct field *f = &c->e->fields[i];
	uint32_t at = (f->name * UINT32_C(0x9E3779B1)) & c->mask;
	for (; c->slots[at]; at = (at + 1) & c->mask)
		if (same_name(c, &c->e->fields[c->slots[at] - 1], f))
			break;
	if (c->slots[at]) {
		c->next[c->slots[at] - 1] = i + 1;
		c->later[i] = 1;
	}
	c->slots[at] = i + 1;
}

static void chains_make(struct chains *c, const struct event *e)
{
	uint32_t slots = 16;
	while (slots < e->field_count * 2 + 1)
		slots *= 2;
	c->e = e;
	c->windows = e->channel.p || e->provider.p || e->event_id != EVENT_NO_ID;
	c->next = ARENA_ARRAY(e->arena, uint32_t, e->field_count);
	c->later = ARENA_ARRAY(e->arena, uint8_t, e->field_count);
	c->slots = ARENA_ARRAY(e->arena, uint32_t, slots);
	c->mask = slots - 1;
	for (uint32_t i = 0; i < e->field_count; i++)
		chain_one(c, i);
}

static void put_chain(const struct chains *c, uint32_t i, struct buf *out)
{
	const struct field *f = &c->e->fields[i];
	json_key_str(out, names_text(c->e->names, f->name));
	if (!c->next[i]) {
		value_json(f, out);
		return;
	}
	buf_byte(out, '[');
	for (;; i = c->next[i] - 1) {
		value_json(&c->e->fields[i], out);
		if (!c->next[i])
			break;
		buf_byte(out, ',');
	}
	buf_byte(out, ']');
}

static void put_space(const struct chains *c, bool system, bool both, struct buf *out)
{
	for (uint32_t i = 0; i < c->e->field_count; i++)
		if (!c->later[i] && (both || (c->e->fields[i].space == FIELD_SYSTEM) == system))
			put_chain(c, i, out);
}

void event_json(const struct event *e, struct buf *out)
{
	struct chains c;
	chains_make(&c, e);
	buf_byte(out, '{');
	if (c.windows) {
		json_key(out, "System");
		buf_byte(out, '{');
		put_space(&c, true, false, out);
		buf_byte(out, '}');
	}
	put_space(&c, false, !c.windows, out);
	if (e->raw.p) {
		json_key(out, "raw");
		json_string(out, e->raw);
	}
	buf_byte(out, '}');
}
