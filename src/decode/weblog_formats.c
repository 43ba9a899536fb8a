#include "decode/weblog_formats.h"

#include "base/vec.h"
#include "decode/text.h"
#include "weblog/weblog.h"

#include <stdlib.h>

#define SNIFF_LINES 32u

typedef enum decode_result (*line_fn)(struct weblog *w, struct str line, struct event *e);

static void take_line(struct decode_ctx *c, struct weblog *w, line_fn decode, const struct text_lines *lines,
		      struct str line, struct event *e)
{
	event_clear(e);
	e->record = lines->number;
	e->raw = line;
	e->product = STR("webserver");
	enum decode_result r = decode(w, line, e);
	if (r == DECODE_MISS) {
		e->category = STR("webserver");
		event_add(e, FIELD_DATA, w->name[WEBLOG_MESSAGE], VALUE_TEXT, line);
	}
	if (r != DECODE_MATCH) {
		e->flags |= EVENT_PARTIAL;
		decode_skip(c, DECODE_TEXT_FORMAT, 0, e->record,
			    r == DECODE_MISS ? "no line of such a log" : "cut short, or with two readings");
	}
	if (lines->cut)
		e->flags |= EVENT_PARTIAL;
	c->stats->events++;
	c->emit(c->user, e);
}

static void decode_block(struct decode_ctx *c, struct str block, line_fn decode)
{
	struct weblog w = {0};
	struct text_lines lines;
	struct event e;
	struct str line;
	weblog_begin(&w, c->names, c->options->zone_min);
	event_init(&e, c->names, c->arena);
	text_begin(&lines, c, block);
	while (text_next(&lines, &line))
		take_line(c, &w, decode, &lines, line, &e);
}

/* How many of the first lines are such ones, in percent; of the last line the end may be missing. */
static int share(struct str head, bool (*is)(struct str line))
{
	unsigned lines = 0, ours = 0;
	if (str_starts(head, STR("\xEF\xBB\xBF")))
		head = str_skip(head, 3);
	while (head.n && lines < SNIFF_LINES) {
		bool whole = str_find_byte(head, '\n') >= 0;
		struct str line = str_trim(str_cut(&head, '\n'));
		if (line.n == 0 || (!whole && lines > 0))
			continue;
		lines++;
		ours += is(line);
	}
	return lines ? (int)(ours * 100 / lines) : 0;
}

static int sureness(int percent)
{
	return percent >= 50 ? 46 + percent / 2 : 0;
}

static int access_sniff(struct str head)
{
	return sureness(share(head, weblog_is_access));
}

static void access_decode(struct decode_ctx *c, struct str block)
{
	decode_block(c, block, weblog_access);
}

const struct decode_format access_format = {
	.name = "access",
	.summary = "access logs of Apache, nginx, Tomcat",
	.unit = DECODE_UNIT_LINE,
	.sniff = access_sniff,
	.decode = access_decode,
};

static int weberror_sniff(struct str head)
{
	return sureness(share(head, weblog_is_error));
}

static void weberror_decode(struct decode_ctx *c, struct str block)
{
	decode_block(c, block, weblog_error);
}

const struct decode_format weberror_format = {
	.name = "weberror",
	.summary = "error logs of Apache and nginx",
	.unit = DECODE_UNIT_LINE,
	.sniff = weberror_sniff,
	.decode = weberror_decode,
};

/* --- behind a syslog header --- */

static void *state_new(void)
{
	return mem_alloc(sizeof(struct weblog));
}

/* The program tells whose the line is. */
static void set_server(struct str program, struct event *e)
{
	e->product = e->service = str_starts_nocase(program, STR("nginx")) ? STR("nginx") : STR("apache");
}

static enum decode_result payload_line(const struct payload_line *l, void *state, struct event *e, line_fn decode)
{
	struct weblog *w = state;
	struct event before = *e;
	weblog_begin(w, e->names, l->ctx->options->zone_min);
	enum decode_result r = decode(w, l->message, e);
	if (r == DECODE_MISS)
		return r;
	set_server(l->program, e);
	if (e->time == TICKS_NONE) {
		e->time = before.time;
		e->offset_min = before.offset_min;
	}
	if (r == DECODE_PARTIAL)
		decode_skip(l->ctx, DECODE_TEXT_FORMAT, 0, e->record, "cut short, or with two readings");
	return r;
}

static enum decode_result access_line(const struct payload_line *l, void *state, struct event *e)
{
	return payload_line(l, state, e, weblog_access);
}

static enum decode_result weberror_line(const struct payload_line *l, void *state, struct event *e)
{
	return payload_line(l, state, e, weblog_error);
}

#define SERVERS "nginx apache apache2 httpd"

const struct payload access_payload = {
	.name = "access",
	.first = "",
	.programs = SERVERS,
	.decode = access_line,
	.state_new = state_new,
	.state_free = free,
};

const struct payload weberror_payload = {
	.name = "weberror",
	.first = "[0123456789",
	.programs = SERVERS,
	.decode = weberror_line,
	.state_new = state_new,
	.state_free = free,
};
