#include "decode/evtx_carve.h"
#include "decode/evtx_xml.h"

#include "base/err.h"
#include "base/utf8.h"
#include "event/value.h"

enum { TYPE_NULL = 0x00, TYPE_UTF16 = 0x01, TYPE_ANSI = 0x02, TYPE_SIZE = 0x10, TYPE_SID = 0x13, TYPE_XML = 0x21,
       TYPE_ARRAY = 0x80 };
enum { END_OF_STREAM = 0x00, OPEN_START = 0x01, INSTANCE = 0x0c, FRAGMENT = 0x0f };
#define INSTANCE_HEAD 10u	/* token, u8 1, u32 template id, u32 definition offset */

/*
 * What a value type becomes. `size` is the one that it must have: 0 any, SIZE_4_8 one of both. Types without a row are
 * kept as BINARY and counted.
 */
#define SIZE_4_8 255u
static const struct { uint8_t kind, size, known, spare; } types[TYPE_ARRAY] = {
	[0x01] = {VALUE_UTF16, 0, 1, 0}, [0x02] = {VALUE_ANSI, 0, 1, 0},
	[0x03] = {VALUE_INT, 1, 1, 0}, [0x04] = {VALUE_UINT, 1, 1, 0}, [0x05] = {VALUE_INT, 2, 1, 0}, [0x06] = {VALUE_UINT, 2, 1, 0},
	[0x07] = {VALUE_INT, 4, 1, 0}, [0x08] = {VALUE_UINT, 4, 1, 0}, [0x09] = {VALUE_INT, 8, 1, 0}, [0x0a] = {VALUE_UINT, 8, 1, 0},
	[0x0b] = {VALUE_FLOAT, 4, 1, 0}, [0x0c] = {VALUE_FLOAT, 8, 1, 0}, [0x0d] = {VALUE_BOOL, 4, 1, 0}, [0x0e] = {VALUE_BINARY, 0, 1, 0},
	[0x0f] = {VALUE_GUID, 16, 1, 0}, [0x10] = {VALUE_HEX, SIZE_4_8, 1, 0}, [0x11] = {VALUE_FILETIME, 8, 1, 0},
	[0x12] = {VALUE_SYSTEMTIME, 16, 1, 0}, [0x13] = {VALUE_SID, 0, 1, 0}, [0x14] = {VALUE_HEX, 4, 1, 0}, [0x15] = {VALUE_HEX, 8, 1, 0},
};

struct run {
	struct evtx_state *s;
	const struct evtx_value *values;
	uint32_t count;
	unsigned depth;
	uint32_t ops_left;	/* of the template: room for so many fields is kept */
};

static void run_nested(struct run *r, const struct evtx_op *op, const struct evtx_value *v);

/* Takes the cost of a value off the record's budget. */
static bool afford(struct evtx_state *s, int64_t bytes)
{
	s->record_left -= bytes + EVTX_FIELD_COST;
	if (s->record_left >= 0)
		return true;
	s->limited = true;
	return false;
}

static void set_time(struct evtx_state *s, const struct field *f)
{
	int64_t ticks;
	int offset;
	size_t used;
	if (f->kind == VALUE_FILETIME && f->size == 8) {
		memcpy(&ticks, f->data, sizeof ticks);
		if (ticks >= 0)
			s->event.time = ticks + TICKS_1601;
	} else if (clock_parse_rfc3339(value_text(f, s->ctx->arena), &ticks, &offset, &used) == 0) {
		s->event.time = ticks;
	}
}

static bool whole_number(struct evtx_state *s, const struct field *f, uint64_t *out)
{
	if (f->kind == VALUE_UINT && f->size <= 8) {
		*out = 0;
		memcpy(out, f->data, f->size);
		return true;
	}
	return str_to_u64(value_text(f, s->ctx->arena), out) == 0;
}

/* The field's text; equal bytes, as in nearly every record of a chunk, are rendered once. */
static struct str known_text(struct evtx_state *s, uint8_t known, const struct field *f)
{
	struct evtx_memo *m = &s->memo[known];
	if (m->kind == f->kind && m->size == f->size && (m->data == f->data || memcmp(m->data, f->data, f->size) == 0))
		return m->text;
	*m = (struct evtx_memo){f->data, f->size, f->kind, value_text(f, s->ctx->arena)};
	return m->text;
}

static void set_known(struct evtx_state *s, uint8_t known, const struct field *f)
{
	struct event *e = &s->event;
	uint64_t number;
	if (f->kind == VALUE_NULL)
		return;
	switch ((enum evtx_known)known) {
	case EVTX_TIME:
		set_time(s, f);
		break;
	case EVTX_CHANNEL:
		e->channel = known_text(s, known, f);
		break;
	case EVTX_PROVIDER:
		e->provider = known_text(s, known, f);
		break;
	case EVTX_EVENT_ID:
		if (whole_number(s, f, &number) && number <= INT64_MAX)
			e->event_id = (int64_t)number;
		break;
	case EVTX_RECORD:
		if (whole_number(s, f, &number))
			e->record = number;
		break;
	case EVTX_UNKNOWN: case EVTX_KNOWNS: break;
	}
}

/* A field with op's name, where the budget allows one. */
static void push(struct run *r, const struct evtx_op *op, const struct field *value)
{
	struct event *e = &r->s->event;
	if (!afford(r->s, value->size))
		return;
	if (e->field_count == e->field_cap && !event_reserve(e, 1)) {
		r->s->limited = true;
		return;
	}
	struct field *f = &e->fields[e->field_count++];
	*f = op->field;
	f->data = value->data;
	f->size = value->size;
	f->kind = value->kind;
	f->flags = value->flags;
	if (op->known)
		set_known(r->s, op->known, f);
}

static uint32_t without_nuls(const uint8_t *p, uint32_t size, uint32_t width)
{
	size -= size % width;
	while (size && p[size - 1] == 0 && p[size - width] == 0)
		size -= width;
	return size;
}

static bool right_size(uint8_t type, uint32_t size)
{
	uint8_t want = types[type].size;
	return want == 0 || want == size || (want == SIZE_4_8 && (size == 4 || size == 8));
}

static bool sid_fits(const uint8_t *p, uint32_t size)
{
	return size >= 8 && size - 8 == 4u * p[1];
}

/* One value that is neither null, XML nor an array. What does not have its type's shape is kept as hex. A bool of another
 * integer's size is read as one: some providers write one byte. */
static struct field plain_value(struct evtx_state *s, uint8_t type, const uint8_t *p, uint32_t size)
{
	struct field f = {.data = p, .size = size, .kind = types[type].kind};
	if (type == TYPE_UTF16 || type == TYPE_ANSI)
		f.size = without_nuls(p, size, type == TYPE_UTF16 ? 2 : 1);
	else if (f.kind == VALUE_BOOL && (size == 1 || size == 2 || size == 8))
		return f;
	else if (!types[type].known || !right_size(type, size) || (type == TYPE_SID && !sid_fits(p, size))) {
		f.kind = VALUE_BINARY;
		f.flags = FIELD_DAMAGED;
		decode_skip(s->ctx, DECODE_EVTX_VALUE, 0, s->event.record, "a value of another size than its type's");
	}
	return f;
}

/* Items are ended by NULs; a last one without is an item too. */
static void run_text_array(struct run *r, const struct evtx_op *op, const struct evtx_value *v)
{
	uint32_t width = (v->type & ~TYPE_ARRAY) == TYPE_UTF16 ? 2 : 1, size = v->size - v->size % width;
	for (uint32_t at = 0; at < size && !r->s->limited;) {
		uint32_t end = at;
		while (end < size && (v->p[end] || v->p[end + width - 1]))
			end += width;
		struct field f = {.data = v->p + at, .size = end - at, .kind = width == 2 ? VALUE_UTF16 : VALUE_ANSI};
		push(r, op, &f);
		at = end + width;
	}
}

static uint32_t item_size(uint8_t type, const uint8_t *p, uint32_t left, uint32_t whole)
{
	if (type == TYPE_SID)
		return left >= 8 ? 8 + 4u * p[1] : 0;
	if (type == TYPE_SIZE)
		return whole % 8 ? 4 : 8;
	return types[type].size;
}

static void run_array(struct run *r, const struct evtx_op *op, const struct evtx_value *v)
{
	uint8_t type = v->type & (TYPE_ARRAY - 1);
	if (v->size == 0) {
		struct field f = {.data = v->p, .kind = VALUE_UTF16};
		push(r, op, &f);
		return;
	}
	if (type == TYPE_UTF16 || type == TYPE_ANSI) {
		run_text_array(r, op, v);
		return;
	}
	for (uint32_t at = 0; at < v->size && !r->s->limited;) {
		uint32_t left = v->size - at, n = item_size(type, v->p + at, left, v->size);
		if (n == 0 || n > left)
			n = left;
		struct field f = plain_value(r->s, type, v->p + at, n);
		push(r, op, &f);
		at += n;
	}
}

/* Values that are not simply one field. Kept out of the loop over the ops, which would spill its registers for it. */
__attribute__((noinline)) static void run_special(struct run *r, const struct evtx_op *op, const struct evtx_value *v)
{
	if (v->type == TYPE_XML) {
		run_nested(r, op, v);
	} else if (v->type & TYPE_ARRAY) {
		run_array(r, op, v);
	} else if (v->type == TYPE_NULL) {
		struct field f = {.kind = VALUE_NULL};
		if (!op->optional && !op->container)
			push(r, op, &f);
	} else {
		struct field f = plain_value(r->s, v->type, v->p, v->size);
		push(r, op, &f);
	}
	/* What follows counts on room for its fields. */
	if (!event_reserve(&r->s->event, r->ops_left))
		r->s->limited = true;
}

static const struct evtx_value *value_at(const struct run *r, uint16_t slot)
{
	static const struct evtx_value none = {(const uint8_t *)"", 0, TYPE_NULL};
	return slot < r->count ? &r->values[slot] : &none;
}

/* The usual case in place: one value of the right size. There is room for the field. */
static inline void run_value(struct run *r, const struct evtx_op *op)
{
	const struct evtx_value *v = value_at(r, op->slot);
	struct evtx_state *s = r->s;
	uint32_t size = v->size;
	uint8_t type = v->type;
	if (type == TYPE_UTF16) {
		if (size >= 2 && v->p[size - 1] == 0 && v->p[size - 2] == 0)
			size = without_nuls(v->p, size, 2);
	} else if (type >= TYPE_ARRAY || types[type].size != size || size == 0) {
		run_special(r, op, v);
		return;
	}
	if (!afford(s, size))
		return;
	struct field *f = &s->event.fields[s->event.field_count++];
	*f = op->field;
	f->data = v->p;
	f->size = size;
	f->kind = types[type].kind;
	if (op->known)
		set_known(s, op->known, f);
}

static void run_literal(struct run *r, const struct evtx_op *op)
{
	struct event *e = &r->s->event;
	if (!afford(r->s, op->field.size))
		return;
	struct field *f = &e->fields[e->field_count++];
	*f = op->field;
	if (op->known)
		set_known(r->s, op->known, f);
}

/* The text of one piece of a join, appended at `out` in the arena's newest block. */
static struct str piece_text(struct run *r, const struct evtx_op *piece, const struct evtx_value *v)
{
	struct field f = piece->field;
	if (piece->code == EVTX_VALUE) {
		if (v->type == TYPE_NULL)
			return STR("");
		f = v->type & TYPE_ARRAY ? (struct field){.data = v->p, .size = v->size, .kind = VALUE_BINARY} :
			plain_value(r->s, v->type, v->p, v->size);
	}
	return afford(r->s, f.size) ? value_text(&f, r->s->ctx->arena) : STR("");
}

static struct str two_texts(struct arena *a, struct str head, struct str tail)
{
	char *p = arena_bytes(a, head.n + tail.n + 1);
	memcpy(p, head.p, head.n);
	memcpy(p + head.n, tail.p, tail.n);
	return (struct str){p, head.n + tail.n};
}

/*
 * Literal text and values in one element. The text is built by doubling copies in the arena, as every append costs the
 * record's budget what it copies. Values that are XML stand for themselves; a missing optional one drops the field.
 */
static void run_join(struct run *r, const struct evtx_op *op, const struct evtx_op *piece)
{
	struct str text = STR("");
	bool drop = false;
	for (uint16_t i = 0; i < op->slot && !r->s->limited; i++, piece++) {
		const struct evtx_value *v = value_at(r, piece->slot);
		if (piece->code == EVTX_VALUE && v->type == TYPE_XML) {
			run_nested(r, piece, v);
			continue;
		}
		if (piece->code == EVTX_VALUE && v->type == TYPE_NULL && piece->optional)
			drop = true;
		struct str more = piece_text(r, piece, v);
		if (more.n && afford(r->s, (int64_t)text.n))
			text = text.n ? two_texts(r->s->ctx->arena, text, more) : more;
	}
	struct field f = {.data = text.p, .size = (uint32_t)text.n, .kind = VALUE_TEXT};
	if (!drop)
		push(r, op, &f);
	if (!event_reserve(&r->s->event, r->ops_left))
		r->s->limited = true;
}

/* The op behind `op` with its field named by a value, or as it is where the value gives no name. */
static struct evtx_op renamed(struct run *r, const struct evtx_op *op)
{
	struct evtx_op next = op[1];
	const struct evtx_value *v = value_at(r, op->slot);
	if (v->type != TYPE_UTF16 || v->size == 0 || v->size > 2 * EVTX_NAME_MAX || !afford(r->s, v->size))
		return next;
	char text[UTF8_FROM_UTF16_MAX(EVTX_NAME_MAX)];
	uint32_t size = without_nuls(v->p, v->size, 2);
	size_t n = utf8_from_utf16(v->p, size / 2, text);
	next.field.name = names_intern(r->s->ctx->names, (struct str){text, n});
	next.field.key = names_key(r->s->ctx->names, next.field.name);
	return next;
}

/* Returns how many ops behind `op` it used. */
static uint32_t run_named(struct run *r, const struct evtx_op *op)
{
	struct evtx_op next = renamed(r, op);
	if (next.code == EVTX_LITERAL) {
		run_literal(r, &next);
	} else if (next.code == EVTX_VALUE) {
		run_value(r, &next);
	} else if (next.code == EVTX_JOIN) {
		run_join(r, &next, op + 2);
		return 1 + next.slot;
	}
	return 1;
}

static void run_ops(struct run *r, const struct evtx_template *t)
{
	const struct evtx_op *op = r->s->ops + t->first_op, *end = op + t->op_count;
	if (!event_reserve(&r->s->event, t->op_count)) {
		r->s->limited = true;
		return;
	}
	for (; op < end && !r->s->limited; op++) {
		r->ops_left = (uint32_t)(end - op) - 1;
		switch ((enum evtx_code)op->code) {
		case EVTX_LITERAL:
			run_literal(r, op);
			break;
		case EVTX_VALUE:
			run_value(r, op);
			break;
		case EVTX_JOIN:
			run_join(r, op, op + 1);
			op += op->slot;
			break;
		case EVTX_NAME:
			op += run_named(r, op);
			break;
		case EVTX_MARK:
			r->s->event.flags |= EVENT_PARTIAL;
			break;
		}
	}
	if (t->damaged)
		r->s->damaged = true;
}

/*
 * The values of an instance, from its count on, put on the state's stack; returns where they end. Values that reach
 * beyond `end` are cut there, and the record counts as damaged.
 */
__attribute__((always_inline)) static inline const uint8_t *take_values(struct evtx_state *s, const uint8_t *p, const uint8_t *end, uint32_t *out_count)
{
	uint32_t count = end - p >= 4 ? evtx_u32(p) : UINT32_MAX;
	if (count > (size_t)(end - p - 4) / 4 || count > EVTX_VALUES_MAX - s->value_count) {
		s->damaged = true;
		*out_count = 0;
		return end;
	}
	const uint8_t *descriptor = p + 4, *at = descriptor + 4 * (size_t)count;
	struct evtx_value *v = s->values + s->value_count;
	for (uint32_t i = 0; i < count; i++, v++, descriptor += 4) {
		uint16_t size = evtx_u16(descriptor);
		if (size > end - at) {
			size = (uint16_t)(end - at);
			s->damaged = true;
		}
		*v = (struct evtx_value){at, size, descriptor[2]};
		at += size;
	}
	*out_count = count;
	return at;
}

/* Of a definition that is gone, or does not even tell one name: the values of event data are kept in order, as of <Data> without
 * a name. */
static const uint8_t *run_nameless(struct run *r, const uint8_t *p, const uint8_t *end, enum evtx_stage stage)
{
	struct evtx_state *s = r->s;
	uint32_t name = names_intern(s->ctx->names, STR("Data"));
	struct evtx_op op = {.code = EVTX_VALUE, .optional = true, .stage = EVTX_IN_BODY,
			     .field = {.name = name, .key = names_key(s->ctx->names, name), .space = FIELD_DATA}};

	s->damaged = true;
	if (stage == EVTX_AT_ROOT)
		return end;
	p = take_values(s, p, end, &r->count);
	s->value_count += r->count;
	for (op.slot = 0; op.slot < r->count && !s->limited; op.slot++)
		run_special(r, &op, value_at(r, op.slot));
	s->value_count -= r->count;
	return p;
}

/* p is at the instance's token. Returns where it ends. */
static const uint8_t *run_instance(struct evtx_state *s, const uint8_t *p, const uint8_t *end, enum evtx_stage stage,
				   unsigned depth)
{
	if (end - p < (ptrdiff_t)INSTANCE_HEAD) {
		s->damaged = true;
		return end;
	}
	uint32_t offset = evtx_u32(p + 6);
	const struct evtx_template *t = evtx_template_at(s, offset, stage);
	p += INSTANCE_HEAD;
	if (!t || (s->chunk + offset == p && t->skip > (size_t)(end - p))) {
		s->damaged = true;
		return end;
	}
	if (s->chunk + offset == p)
		p += t->skip;
	struct run r = {.s = s, .values = s->values + s->value_count, .depth = depth};
	p = take_values(s, p, end, &r.count);
	s->value_count += r.count;
	run_ops(&r, t);
	s->value_count -= r.count;
	return p;
}

/* Where records are carved. */
__attribute__((noinline, cold)) static const uint8_t *run_carved(struct evtx_state *s, const uint8_t *p, const uint8_t *end,
								 enum evtx_stage stage, unsigned depth)
{
	struct run r = {.s = s, .values = s->values + s->value_count, .depth = depth};
	if (end - p < (ptrdiff_t)INSTANCE_HEAD) {
		s->damaged = true;
		return end;
	}
	uint32_t offset = evtx_carve_definition(s, p, stage);
	bool follows = evtx_u32(p + 6) == p + INSTANCE_HEAD - s->chunk;
	const struct evtx_template *t = evtx_template_at(s, offset, stage);
	p += INSTANCE_HEAD;
	if (!follows && (!t || (t->damaged && t->op_count == 0)))
		return run_nameless(&r, p, end, stage);
	if (!t || (follows && (s->chunk + offset != p || t->skip > (size_t)(end - p)))) {
		s->damaged = true;
		return end;
	}
	p = take_values(s, follows ? p + t->skip : p, end, &r.count);
	s->value_count += r.count;
	run_ops(&r, t);
	s->value_count -= r.count;
	return p;
}

__attribute__((always_inline)) static inline const uint8_t *run_element(struct evtx_state *s, const uint8_t *p, const uint8_t *end, enum evtx_stage stage,
				  unsigned depth)
{
	struct evtx_template t = {0};
	struct run r = {.s = s, .depth = depth};
	p = evtx_compile_element(s, p, end, stage, &t);
	run_ops(&r, &t);
	return p;
}

/* Carving has a copy of its own, so that the other one pays nothing for it. */
__attribute__((always_inline)) static inline void run_tokens(struct evtx_state *s, const uint8_t *p, const uint8_t *end,
							      enum evtx_stage stage, unsigned depth, bool carved)
{
	while (p && p < end && !s->limited) {
		switch (*p & 0x3f) {
		case END_OF_STREAM: return;
		case FRAGMENT:
			p = end - p >= 4 ? p + 4 : NULL;
			break;
		case INSTANCE:
			p = carved ? run_carved(s, p, end, stage, depth) : run_instance(s, p, end, stage, depth);
			break;
		case OPEN_START:
			p = run_element(s, p, end, stage, depth);
			break;
		default:
			p = NULL;
		}
	}
	if (!p)
		s->damaged = true;
}

void evtx_run(struct evtx_state *s, const uint8_t *p, const uint8_t *end, enum evtx_stage stage, unsigned depth)
{
	run_tokens(s, p, end, stage, depth, false);
}

__attribute__((noinline, cold)) void evtx_run_carved(struct evtx_state *s, const uint8_t *p, const uint8_t *end,
						      enum evtx_stage stage, unsigned depth)
{
	run_tokens(s, p, end, stage, depth, true);
}

static void run_nested(struct run *r, const struct evtx_op *op, const struct evtx_value *v)
{
	struct evtx_state *s = r->s;
	if (r->depth + 1 >= EVTX_NEST_MAX || !afford(s, 0))
		s->damaged = true;
	else if (__builtin_expect(s->carving, 0))
		evtx_run_carved(s, v->p, v->p + v->size, op->stage, r->depth + 1);
	else
		evtx_run(s, v->p, v->p + v->size, op->stage, r->depth + 1);
}
