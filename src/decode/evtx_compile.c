#include "decode/evtx_xml.h"

#include "base/utf8.h"
#include "event/value.h"

/* Tokens, without the "more" bit 0x40. */
enum { END_OF_STREAM, OPEN_START, CLOSE_START, CLOSE_EMPTY, END_ELEMENT, TEXT, ATTRIBUTE, CDATA, CHAR_REF, ENTITY_REF,
       PI_TARGET, PI_DATA, INSTANCE, SUBSTITUTION, OPTIONAL_SUBSTITUTION, FRAGMENT };
#define TOKEN(byte) ((byte) & 0x3f)
#define MORE 0x40
#define DEFINITION_HEAD 24u	/* u32 next, GUID, u32 size */

struct units {
	const uint8_t *p;
	uint32_t n;
};

struct reader {
	struct evtx_state *s;
	const uint8_t *at, *end;
	bool dependency;	/* the u16 behind an open start element: only inside definitions */
	bool guessing;		/* event data that is carved: see read_any_name */
	unsigned depth;
};

struct element {
	struct units name;
	enum evtx_stage stage;		/* of its children */
	uint8_t space;
	bool container, has_child, has_attribute;
	bool named;			/* <Data Name="..."> */
	uint32_t field_name;		/* where named */
	uint8_t known;
	uint32_t piece;			/* its first piece */
	struct evtx_op name_from;	/* <Data Name="%1">: code EVTX_NAME */
};

static bool has(const struct reader *r, size_t n)
{
	return (size_t)(r->end - r->at) >= n;
}

static bool name_is(struct units u, const char *ascii)
{
	uint32_t i = 0;
	for (; i < u.n && ascii[i]; i++)
		if (u.p[2 * i] != (uint8_t)ascii[i] || u.p[2 * i + 1])
			return false;
	return i == u.n && !ascii[i];
}

/* Of what may have been overwritten a name is real where its hash fits. */
static bool hash_fits(struct units u)
{
	uint32_t h = 0;
	for (uint32_t i = 0; i < u.n; i++)
		h = h * 65599 + evtx_u16(u.p + 2 * i);
	return (uint16_t)h == evtx_u16(u.p - 4);
}

static bool name_at(const struct reader *r, uint32_t offset, struct units *out)
{
	const struct evtx_state *s = r->s;
	if (offset > s->size || s->size - offset < 8)
		return false;
	struct units u = {s->chunk + offset + 8, evtx_u16(s->chunk + offset + 6)};
	if (u.n > EVTX_NAME_MAX || s->size - offset - 8 < 2 * u.n || (s->carving && !hash_fits(u)))
		return false;
	*out = u;
	return true;
}

/* u32 offset of: u32 next, u16 hash, u16 count, units, u16 zero; the name follows at once where the offset says so. Of one that was
 * overwritten, where it may be guessed, out->p is NULL. */
static bool read_name(struct reader *r, struct units *out)
{
	if (!has(r, 4))
		return false;
	uint32_t offset = evtx_u32(r->at);
	r->at += 4;
	bool follows = offset == r->at - r->s->chunk;
	if (!name_at(r, offset, out)) {
		*out = (struct units){NULL, 0};
		return r->guessing && !follows;
	}
	if (follows) {
		size_t size = 8 + 2 * (size_t)out->n + 2;
		if (!has(r, size))
			return false;
		r->at += size;
	}
	return true;
}

/*
 * Where event data is carved, the names "EventData", "Data" and "Name" are often overwritten, as they stand where the chunk used
 * them first. What a field is called is text of the definition itself, so the place of an element or attribute tells enough.
 */
static bool read_any_name(struct reader *r, const char *guess, struct units *out)
{
	static const char *const texts[] = {"EventData", "Data", "Name"};
	static const uint8_t units[][18] = {"E\0v\0e\0n\0t\0D\0a\0t\0a", "D\0a\0t\0a", "N\0a\0m\0e"};
	if (!read_name(r, out))
		return false;
	if (out->p)
		return true;
	for (unsigned i = 0; guess && i < 3; i++)
		if (strcmp(texts[i], guess) == 0)
			*out = (struct units){units[i], (uint32_t)strlen(guess)};
	return out->p != NULL;
}

static bool read_units(struct reader *r, struct units *out)
{
	if (!has(r, 2))
		return false;
	out->n = evtx_u16(r->at);
	out->p = r->at + 2;
	if (!has(r, 2 + 2 * (size_t)out->n))
		return false;
	r->at += 2 + 2 * (size_t)out->n;
	return true;
}

/* A name as rules see it: prefix_name or name. */
static uint32_t intern(struct evtx_state *s, struct units prefix, struct units name)
{
	char text[UTF8_FROM_UTF16_MAX(2 * EVTX_NAME_MAX) + 1];
	size_t n = 0;
	if (prefix.n) {
		n = utf8_from_utf16(prefix.p, prefix.n, text);
		text[n++] = '_';
	}
	n += utf8_from_utf16(name.p, name.n, text + n);
	return names_intern(s->ctx->names, (struct str){text, n});
}

static uint32_t intern_rendering(struct evtx_state *s, struct units name)
{
	char text[UTF8_FROM_UTF16_MAX(EVTX_NAME_MAX) + 16] = "RenderingInfo_";
	size_t n = name_is(name, "Message") ? 0 : strlen(text);
	n += utf8_from_utf16(name.p, name.n, text + n);
	return names_intern(s->ctx->names, (struct str){text, n});
}

static bool put_op(struct evtx_state *s, const struct evtx_op *op)
{
	if (s->op_count == EVTX_OPS_MAX)
		return false;
	s->ops[s->op_count++] = *op;
	return true;
}

static bool put_piece(struct evtx_state *s, const struct evtx_op *piece)
{
	if (s->piece_count == EVTX_PIECES_MAX)
		return false;
	s->pieces[s->piece_count++] = *piece;
	return true;
}

static bool put_literal_piece(struct evtx_state *s, enum value_kind kind, struct str bytes)
{
	struct evtx_op op = {.code = EVTX_LITERAL, .field = {.data = bytes.p, .size = (uint32_t)bytes.n, .kind = (uint8_t)kind}};
	return put_piece(s, &op);
}

static bool read_char_ref(struct reader *r)
{
	if (!has(r, 2))
		return false;
	struct str unit = {(const char *)r->at, 2};
	r->at += 2;
	return put_literal_piece(r->s, VALUE_UTF16, unit);
}

static bool read_entity_ref(struct reader *r)
{
	static const struct { const char *name; struct str text; } known[] = {
		{"lt", {"<", 1}}, {"gt", {">", 1}}, {"amp", {"&", 1}}, {"quot", {"\"", 1}}, {"apos", {"'", 1}},
	};
	struct units name;
	if (!read_any_name(r, NULL, &name))
		return false;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (name_is(name, known[i].name))
			return put_literal_piece(r->s, VALUE_TEXT, known[i].text);
	return put_literal_piece(r->s, VALUE_TEXT, STR("&")) &&
		put_literal_piece(r->s, VALUE_UTF16, (struct str){(const char *)name.p, 2 * (size_t)name.n}) &&
		put_literal_piece(r->s, VALUE_TEXT, STR(";"));
}

static bool read_substitution(struct reader *r, bool optional)
{
	if (!has(r, 3))
		return false;
	struct evtx_op op = {.code = EVTX_VALUE, .slot = evtx_u16(r->at), .optional = optional};
	r->at += 3;	/* the type here is only a hint: the instance's wins */
	return put_piece(r->s, &op);
}

static bool read_text(struct reader *r)
{
	struct units u;
	if (!has(r, 1) || *r->at++ != 1 || !read_units(r, &u))
		return false;
	return put_literal_piece(r->s, VALUE_UTF16, (struct str){(const char *)u.p, 2 * (size_t)u.n});
}

static bool read_cdata(struct reader *r)
{
	struct units u;
	return read_units(r, &u) && put_literal_piece(r->s, VALUE_UTF16, (struct str){(const char *)u.p, 2 * (size_t)u.n});
}

/* 1: a piece was read; 0: the token at r->at is none; -1: damage. */
static int read_piece(struct reader *r)
{
	if (!has(r, 1))
		return -1;
	uint8_t token = TOKEN(*r->at);
	if ((token < TEXT || token > ENTITY_REF || token == ATTRIBUTE) && token != SUBSTITUTION && token != OPTIONAL_SUBSTITUTION)
		return 0;
	r->at++;
	bool ok = token == TEXT ? read_text(r) : token == CDATA ? read_cdata(r) : token == CHAR_REF ? read_char_ref(r) :
		token == ENTITY_REF ? read_entity_ref(r) : read_substitution(r, token == OPTIONAL_SUBSTITUTION);
	return ok ? 1 : -1;
}

/* The literal pieces from `first` on as one text in the arena; false where one of them is a substitution. */
static bool concat(struct evtx_state *s, uint32_t first, struct str *out)
{
	size_t max = 0, n = 0;
	for (uint32_t i = first; i < s->piece_count; i++) {
		if (s->pieces[i].code != EVTX_LITERAL)
			return false;
		max += value_text_max(&s->pieces[i].field);
	}
	char *text = arena_bytes(s->ctx->arena, max);
	for (uint32_t i = first; i < s->piece_count; i++)
		n += value_render(&s->pieces[i].field, text + n);
	arena_trim(s->ctx->arena, text, max, n);
	*out = (struct str){text, n};
	return true;
}

static bool put_joined(struct evtx_state *s, uint32_t first, struct evtx_op *op)
{
	struct str text;
	if (concat(s, first, &text)) {
		op->code = EVTX_LITERAL;
		op->field.kind = VALUE_TEXT;
		op->field.data = text.p;
		op->field.size = (uint32_t)text.n;
		return put_op(s, op);
	}
	op->code = EVTX_JOIN;
	op->slot = (uint16_t)(s->piece_count - first);
	if (!put_op(s, op))
		return false;
	for (uint32_t i = first; i < s->piece_count; i++) {
		s->pieces[i].stage = op->stage;
		if (!put_op(s, &s->pieces[i]))
			return false;
	}
	return true;
}

/* One piece as a field: `op` has the name, the piece the value. */
static bool put_single(struct evtx_state *s, const struct evtx_op *piece, struct evtx_op op)
{
	op.code = piece->code;
	op.slot = piece->slot;
	op.optional = piece->optional;
	op.field.data = piece->field.data;
	op.field.size = piece->field.size;
	op.field.kind = piece->field.kind;
	return put_op(s, &op);
}

/* The pieces from `first` on as one field, and takes them off the stack. */
static bool put_field(struct evtx_state *s, uint32_t first, struct evtx_op *op)
{
	bool ok = s->piece_count - first == 1 ? put_single(s, &s->pieces[first], *op) : put_joined(s, first, op);
	s->piece_count = first;
	return ok;
}

static struct evtx_op field_op(struct evtx_state *s, uint8_t space, uint32_t name)
{
	return (struct evtx_op){.field = {.name = name, .key = names_key(s->ctx->names, name), .space = space}};
}

static uint8_t known_attribute(const struct element *e, struct units name)
{
	if (e->stage != EVTX_IN_SYSTEM)
		return EVTX_UNKNOWN;
	if (name_is(e->name, "Provider") && name_is(name, "Name"))
		return EVTX_PROVIDER;
	return name_is(e->name, "TimeCreated") && name_is(name, "SystemTime") ? EVTX_TIME : EVTX_UNKNOWN;
}

static uint8_t known_element(const struct element *e)
{
	if (e->stage != EVTX_IN_SYSTEM)
		return EVTX_UNKNOWN;
	return name_is(e->name, "EventID") ? EVTX_EVENT_ID : name_is(e->name, "Channel") ? EVTX_CHANNEL :
		name_is(e->name, "EventRecordID") ? EVTX_RECORD : EVTX_UNKNOWN;
}

/* <Data Name="...">: what the field is called. */
static bool take_data_name(struct reader *r, struct element *e, uint32_t first)
{
	struct evtx_state *s = r->s;
	const struct evtx_op *piece = &s->pieces[first];
	bool ok = true;
	struct str text;
	if (s->piece_count - first == 1 && piece->code == EVTX_VALUE) {
		e->name_from = *piece;
		e->name_from.code = EVTX_NAME;
	} else if (s->piece_count > first && concat(s, first, &text)) {
		ok = text.n <= 3 * EVTX_NAME_MAX;
		e->named = ok && text.n;
		if (e->named)
			e->field_name = names_intern(s->ctx->names, text);
	}
	s->piece_count = first;
	return ok;
}

static bool is_namespace(struct units name)
{
	return name.n >= 5 && name_is((struct units){name.p, 5}, "xmlns") && (name.n == 5 || name.p[10] == ':');
}

static bool read_attribute(struct reader *r, struct element *e)
{
	struct evtx_state *s = r->s;
	struct units name;
	uint32_t first = s->piece_count;
	int got;
	r->at++;
	if (!read_any_name(r, name_is(e->name, "Data") ? "Name" : NULL, &name))
		return false;
	while ((got = read_piece(r)) > 0)
		;
	if (got < 0)
		return false;
	if (is_namespace(name) || s->piece_count == first) {
		s->piece_count = first;
		return true;
	}
	if (e->space == FIELD_DATA && name_is(e->name, "Data") && name_is(name, "Name"))
		return take_data_name(r, e, first);
	e->has_attribute = true;
	struct evtx_op op = field_op(s, e->space, intern(s, e->name, name));
	op.known = known_attribute(e, name);
	op.stage = EVTX_IN_BODY;
	return put_field(s, first, &op);
}

static enum evtx_stage stage_below(enum evtx_stage outer, struct units name)
{
	if (outer == EVTX_AT_ROOT && name_is(name, "Event"))
		return EVTX_IN_EVENT;
	switch (outer) {
	case EVTX_AT_ROOT: case EVTX_IN_EVENT:
		return name_is(name, "System") ? EVTX_IN_SYSTEM : name_is(name, "EventData") ? EVTX_IN_EVENTDATA :
			name_is(name, "UserData") ? EVTX_IN_USERDATA : name_is(name, "RenderingInfo") ? EVTX_IN_RENDERING :
			EVTX_IN_BODY;
	case EVTX_IN_EVENTDATA: case EVTX_IN_USERDATA: return EVTX_IN_BODY;
	default: return outer;
	}
}

static void element_begin(struct reader *r, enum evtx_stage outer, struct element *e)
{
	e->stage = stage_below(outer, e->name);
	e->space = e->stage == EVTX_IN_SYSTEM || e->stage == EVTX_IN_RENDERING ? FIELD_SYSTEM : FIELD_DATA;
	e->container = outer == EVTX_AT_ROOT || outer == EVTX_IN_EVENT;
	e->piece = r->s->piece_count;
}

static bool is_blank(const struct field *f)
{
	const uint8_t *p = f->data;
	for (uint32_t i = 0; f->kind == VALUE_UTF16 && i + 1 < f->size; i += 2)
		if (p[i + 1] || !ascii_is_space(p[i]))
			return false;
	return f->kind == VALUE_UTF16;
}

/* Text and substitutions between child elements: each is a field (or XML) of its own. */
static bool put_apart(struct evtx_state *s, const struct element *e, struct evtx_op *op)
{
	bool ok = true;
	for (uint32_t i = e->piece; ok && i < s->piece_count; i++)
		if (s->pieces[i].code == EVTX_VALUE || !is_blank(&s->pieces[i].field))
			ok = put_single(s, &s->pieces[i], *op);
	s->piece_count = e->piece;
	return ok;
}

/* The element's own text becomes its field. One with neither text nor children nor attributes is an empty field, but in
 * System, where it means nothing. */
static bool element_end(struct reader *r, struct element *e)
{
	struct evtx_state *s = r->s;
	bool empty = s->piece_count == e->piece;
	if (empty && (e->has_child || e->has_attribute || e->container || e->space == FIELD_SYSTEM))
		return true;
	uint32_t name = e->named ? e->field_name : e->stage == EVTX_IN_RENDERING ? intern_rendering(s, e->name) :
		intern(s, (struct units){NULL, 0}, e->name);
	struct evtx_op op = field_op(s, e->space, name);
	op.stage = (uint8_t)e->stage;
	op.container = e->container;
	op.known = known_element(e);
	if (e->name_from.code == EVTX_NAME && !put_op(s, &e->name_from))
		return false;
	if (empty) {
		op.field.kind = VALUE_TEXT;
		op.field.data = "";
		return put_op(s, &op);
	}
	return e->has_child || e->container ? put_apart(s, e, &op) : put_field(s, e->piece, &op);
}

static bool read_element(struct reader *r, enum evtx_stage outer);

static bool skip_processing_instruction(struct reader *r, uint8_t token)
{
	struct units ignored;
	return token == PI_TARGET ? read_name(r, &ignored) : read_units(r, &ignored);
}

/* What stands between an element's tags, up to and with its end tag. */
static bool read_content(struct reader *r, struct element *e)
{
	for (;;) {
		int got = read_piece(r);
		if (got < 0)
			return false;
		if (got > 0)
			continue;
		uint8_t token = TOKEN(*r->at);
		if (token == OPEN_START) {
			e->has_child = true;
			if (!read_element(r, e->stage))
				return false;
			continue;
		}
		r->at++;
		if (token == END_ELEMENT)
			return true;
		if (token == FRAGMENT && has(r, 3))
			r->at += 3;
		else if ((token != PI_TARGET && token != PI_DATA) || !skip_processing_instruction(r, token))
			return false;
	}
}

static bool read_attributes(struct reader *r, struct element *e)
{
	while (has(r, 1) && TOKEN(*r->at) == ATTRIBUTE)
		if (!read_attribute(r, e))
			return false;
	return true;
}

static bool read_tags(struct reader *r, struct element *e, enum evtx_stage outer, bool attributes)
{
	if (attributes) {
		if (!has(r, 4))
			return false;
		r->at += 4;
	}
	element_begin(r, outer, e);
	if (!read_attributes(r, e) || !has(r, 1))
		return false;
	uint8_t token = TOKEN(*r->at++);
	if (token != CLOSE_EMPTY && (token != CLOSE_START || !read_content(r, e)))
		return false;
	return element_end(r, e);
}

/* r->at is at the open token. */
static bool read_element(struct reader *r, enum evtx_stage outer)
{
	struct element e = {0};
	size_t head = r->dependency ? 7 : 5;	/* token, dependency id, data size */
	if (r->depth == EVTX_ELEMENT_DEPTH_MAX || !has(r, head))
		return false;
	bool attributes = *r->at & MORE;
	r->at += head;
	if (!read_any_name(r, outer == EVTX_IN_EVENT ? "EventData" : outer == EVTX_IN_EVENTDATA ? "Data" : NULL, &e.name))
		return false;
	static const struct evtx_op mark = {.code = EVTX_MARK};
	if (outer == EVTX_IN_EVENT && name_is(e.name, "ProcessingErrorData") && !put_op(r->s, &mark))
		return false;
	r->depth++;
	bool ok = read_tags(r, &e, outer, attributes);
	r->depth--;
	return ok;
}

static bool read_whole(struct reader *r, enum evtx_stage stage)
{
	r->s->piece_count = 0;
	if (has(r, 4) && TOKEN(*r->at) == FRAGMENT)
		r->at += 4;
	return has(r, 1) && TOKEN(*r->at) == OPEN_START && read_element(r, stage);
}

/* A definition holds one element; more of them do no harm. */
static bool read_definition(struct reader *r, enum evtx_stage stage)
{
	bool ok = read_whole(r, stage);
	while (ok && has(r, 1) && TOKEN(*r->at) == OPEN_START)
		ok = read_element(r, stage);
	return ok;
}

/* The bytes that may still be read for templates: taken from the chunk's budget. */
static const uint8_t *within_budget(const struct evtx_state *s, const uint8_t *p, const uint8_t *end)
{
	return (size_t)(end - p) > s->compile_left ? p + s->compile_left : end;
}

const uint8_t *evtx_compile_element(struct evtx_state *s, const uint8_t *p, const uint8_t *end, enum evtx_stage stage,
				    struct evtx_template *out)
{
	struct reader r = {s, p, within_budget(s, p, end), false, s->carving && stage != EVTX_AT_ROOT, 0};
	out->first_op = s->op_count;
	bool ok = read_whole(&r, stage);
	s->compile_left -= (uint32_t)(r.at - p);
	out->op_count = s->op_count - out->first_op;
	return ok ? r.at : NULL;
}

static void compile_definition(struct evtx_state *s, uint32_t offset, enum evtx_stage stage, struct evtx_template *t)
{
	const uint8_t *p = s->chunk + offset + DEFINITION_HEAD;
	uint32_t size = evtx_u32(p - 4), most = s->size - offset - DEFINITION_HEAD;
	t->damaged = size > most;
	t->skip = DEFINITION_HEAD + (size > most ? most : size);
	struct reader r = {s, p, within_budget(s, p, s->chunk + offset + t->skip), true, s->carving && stage != EVTX_AT_ROOT, 0};
	t->first_op = s->op_count;
	if (!read_definition(&r, stage))
		t->damaged = true;
	s->compile_left -= (uint32_t)(r.at - p);
	t->op_count = s->op_count - t->first_op;
}

const struct evtx_template *evtx_template_new(struct evtx_state *s, uint32_t offset, enum evtx_stage stage,
					      struct evtx_template *t)
{
	if (s->template_count == EVTX_TEMPLATES_MAX || offset > s->size || s->size - offset < DEFINITION_HEAD)
		return NULL;
	s->template_count++;
	t->epoch = s->epoch;
	t->id = offset * 8 + stage;
	compile_definition(s, offset, stage, t);
	return t;
}
