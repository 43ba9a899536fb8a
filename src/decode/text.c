#include "decode/text.h"

#include <string.h>

#include "base/utf8.h"

#define SNIFF_MAX 4096u
#define RUBBISH_PERCENT_MAX 12

void text_begin(struct text_lines *t, struct decode_ctx *ctx, struct str block)
{
	*t = (struct text_lines){.ctx = ctx, .rest = block, .number = ctx->first_record - 1};
	ctx->stats->used_bytes += block.n;
	if (ctx->offset == 0 && str_starts(block, STR("\xEF\xBB\xBF")))
		t->rest = str_skip(block, 3);
}

static bool is_blank(struct str s)
{
	size_t i = 0;
	while (i < s.n && ascii_is_space((unsigned char)s.p[i]))
		i++;
	return i == s.n;
}

/* Counts what is odd about a line, and cuts it at the maximum. */
static struct str check_line(struct text_lines *t, struct str line)
{
	t->cut = line.n >= DECODE_LINE_MAX;
	if (t->cut) {
		decode_skip(t->ctx, DECODE_TEXT_LONG, line.n - DECODE_LINE_MAX, t->number, "its head is the event");
		line.n = DECODE_LINE_MAX;
	}
	if (memchr(line.p, '\0', line.n))
		decode_skip(t->ctx, DECODE_TEXT_NUL, 0, t->number, "read as it stands");
	return line;
}

bool text_next(struct text_lines *t, struct str *line)
{
	while (t->rest.n) {
		const char *lf = memchr(t->rest.p, '\n', t->rest.n);
		struct str got = lf ? str_head(t->rest, (size_t)(lf - t->rest.p)) : t->rest;
		t->rest = str_skip(t->rest, got.n + (lf != NULL));
		t->number++;
		while (got.n && got.p[got.n - 1] == '\r')
			got.n--;
		if (got.n == 0 || ((unsigned char)got.p[0] <= ' ' && is_blank(got)))
			continue;
		*line = check_line(t, got);
		return true;
	}
	return false;
}

int text_rubbish(struct str head)
{
	size_t bad = 0, i = 0;
	head = str_head(head, SNIFF_MAX);
	while (i < head.n) {
		unsigned char c = (unsigned char)head.p[i];
		size_t size = 1;
		if (c >= 0x80 && utf8_decode(head.p + i, head.n - i, &size) == UTF8_REPLACEMENT && size == 1)
			bad++;
		bad += (c < ' ' && !ascii_is_space(c) && c != 0x1b && c != '\b') || c == 0x7f;
		i += size;
	}
	return head.n ? (int)(bad * 100 / head.n) : 0;
}

static int sniff(struct str head)
{
	return head.n && text_rubbish(head) <= RUBBISH_PERCENT_MAX ? 10 : 0;
}

static void read_time(const struct decode_options *options, struct str line, struct event *e)
{
	int64_t ticks;
	int offset;
	size_t used;
	if (line.n < 16 || line.p[4] != '-' || clock_parse_rfc3339(line, &ticks, &offset, &used) != 0)
		return;
	if (offset == CLOCK_NO_OFFSET)
		ticks -= options->zone_min * 60 * TICKS_PER_SECOND;
	e->time = ticks;
	e->offset_min = offset;
}

static void decode(struct decode_ctx *c, struct str block)
{
	const uint32_t message = names_intern(c->names, STR("message"));
	struct text_lines lines;
	struct event e;
	struct str line;
	event_init(&e, c->names, c->arena);
	text_begin(&lines, c, block);
	while (text_next(&lines, &line)) {
		event_clear(&e);
		e.record = lines.number;
		e.raw = line;
		e.flags = lines.cut ? EVENT_PARTIAL : 0;
		read_time(c->options, line, &e);
		event_add(&e, FIELD_DATA, message, VALUE_TEXT, line);
		c->stats->events++;
		c->emit(c->user, &e);
	}
}

const struct decode_format text_format = {
	.name = "text",
	.summary = "plain lines of text",
	.unit = DECODE_UNIT_LINE,
	.sniff = sniff,
	.decode = decode,
};
