#include "decode/columns_formats.h"

#include <assert.h>

#include "columns/columns.h"
#include "decode/text.h"

_Static_assert(COLUMNS_SAVED_MAX <= DECODE_CONTEXT_MAX, "all directives are carried");

static void take_line(struct decode_ctx *c, struct columns *columns, const struct text_lines *lines, struct str line,
		      struct event *e)
{
	event_clear(e);
	e->record = lines->number;
	e->raw = line;
	if (columns_decode(columns, line, e) != DECODE_MATCH) {
		bool none = !columns->head.value[COLUMNS_FIELDS].p;
		event_add_named(e, FIELD_DATA, STR("message"), VALUE_TEXT, line);
		decode_skip(c, DECODE_TEXT_FORMAT, 0, e->record, none ? "no #Fields line before it" : "not as #Fields says");
		e->flags |= EVENT_PARTIAL;
	} else if (e->flags & EVENT_PARTIAL) {
		decode_skip(c, DECODE_FIELDS_LIMIT, 0, e->record, NULL);
	}
	if (lines->cut)
		e->flags |= EVENT_PARTIAL;
	c->stats->events++;
	c->emit(c->user, e);
}

static void decode_block(struct decode_ctx *c, struct str block, enum columns_kind kind)
{
	struct columns columns;
	struct text_lines lines;
	struct event e;
	struct str line;
	columns_begin(&columns, kind, c->options->zone_min);
	columns_take_all(&columns.head, c->context);
	event_init(&e, c->names, c->arena);
	text_begin(&lines, c, block);
	while (text_next(&lines, &line)) {
		if (!columns_is_directive(line))
			take_line(c, &columns, &lines, line, &e);
		else if (columns_take(&columns.head, line))
			columns_changed(&columns);
	}
}

static void carry_head(struct str block, struct buf *context, enum columns_kind kind)
{
	struct columns_head head = {.kind = kind};
	struct buf before = *context;
	*context = (struct buf){0};
	columns_take_all(&head, buf_get(&before));
	columns_take_all(&head, block);
	columns_save(&head, context);
	assert(context->n <= DECODE_CONTEXT_MAX);
	buf_free(&before);
}

static int w3c_sniff(struct str head)
{
	return columns_sniff(COLUMNS_W3C, head);
}

static void w3c_decode(struct decode_ctx *c, struct str block)
{
	decode_block(c, block, COLUMNS_W3C);
}

static void w3c_carry(struct str block, struct buf *context)
{
	carry_head(block, context, COLUMNS_W3C);
}

const struct decode_format w3c_format = {
	.name = "w3c",
	.summary = "W3C extended: IIS, HTTP.sys, Exchange, proxies",
	.unit = DECODE_UNIT_LINE,
	.sniff = w3c_sniff,
	.decode = w3c_decode,
	.carry = w3c_carry,
};

static int zeek_sniff(struct str head)
{
	return columns_sniff(COLUMNS_ZEEK, head);
}

static void zeek_decode(struct decode_ctx *c, struct str block)
{
	decode_block(c, block, COLUMNS_ZEEK);
}

static void zeek_carry(struct str block, struct buf *context)
{
	carry_head(block, context, COLUMNS_ZEEK);
}

const struct decode_format zeek_format = {
	.name = "zeek",
	.summary = "Zeek's logs in columns with tabs",
	.unit = DECODE_UNIT_LINE,
	.sniff = zeek_sniff,
	.decode = zeek_decode,
	.carry = zeek_carry,
};
