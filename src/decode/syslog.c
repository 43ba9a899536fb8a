#include "decode/syslog.h"

#include <string.h>

#include "decode/payload.h"
#include "decode/text.h"
#include "line/line_parts.h"

#define SNIFF_LINES 64
#define PARAMETER_NAME_MAX 160u		/* ID and NAME: 32 bytes each by RFC 5424 */

/* What a program's name leads to: few programs write most lines of a block. */
#define PROGRAMS 64u
struct program {
	struct str name;
	struct str service;	/* without a look at the facility */
	uint32_t decoders;
	uint32_t payloads;
};

/* What is looked up once for a block. */
struct block {
	struct decode_ctx *ctx;
	struct syslog_times times;
	struct program programs[PROGRAMS];
	uint32_t host, program, tag, pid, facility, severity, msgid, message;
};

static void block_init(struct block *b, struct decode_ctx *c)
{
	memset(b->programs, 0, sizeof b->programs);
	b->ctx = c;
	syslog_times_init(&b->times, c->options);
	b->host = names_intern(c->names, STR("host"));
	b->program = names_intern(c->names, STR("program"));
	b->tag = names_intern(c->names, STR("tag"));
	b->pid = names_intern(c->names, STR("pid"));
	b->facility = names_intern(c->names, STR("facility"));
	b->severity = names_intern(c->names, STR("severity"));
	b->msgid = names_intern(c->names, STR("msgid"));
	b->message = names_intern(c->names, STR("message"));
}

static bool is_number(struct str s)
{
	size_t i = 0;
	while (i < s.n && ascii_is_digit((unsigned char)s.p[i]))
		i++;
	return s.n > 0 && i == s.n && (s.n == 1 || s.p[0] != '0') && s.n < 16;
}

static void add(struct event *e, uint32_t name, struct str value)
{
	if (value.p)
		event_add(e, FIELD_SYSTEM, name, VALUE_TEXT, value);
}

static void add_frame(const struct block *b, struct event *e, const struct syslog_line *l)
{
	add(e, b->host, l->host);
	add(e, b->program, l->program);
	add(e, b->tag, l->tag);
	if (l->pid.p)
		event_add(e, FIELD_SYSTEM, b->pid, is_number(l->pid) ? VALUE_NUMBER : VALUE_TEXT, l->pid);
	if (l->facility >= 0)
		add(e, b->facility, syslog_facility_name(l->facility));
	if (l->severity >= 0)
		add(e, b->severity, syslog_severity_name(l->severity));
	add(e, b->msgid, l->msgid);
}

/* ID.NAME; false where the event is full. */
static bool add_parameter(struct event *e, struct str id, struct str name, struct str value)
{
	char text[PARAMETER_NAME_MAX];
	if (id.n + 1 + name.n > sizeof text)
		id = str_head(id, 32), name = str_head(name, 32);
	memcpy(text, id.p, id.n);
	text[id.n] = '.';
	memcpy(text + id.n + 1, name.p, name.n);
	return event_add_named(e, FIELD_DATA, str_n(text, id.n + 1 + name.n), VALUE_TEXT,
			       syslog_unescape(value, e->arena)) != NULL;
}

static void add_data(const struct block *b, struct event *e, struct str data)
{
	struct str id = STR_NONE, name, value;
	while (data.n && syslog_parameter(&data, &id, &name, &value))
		if (!add_parameter(e, id, name, value)) {
			decode_skip(b->ctx, DECODE_FIELDS_LIMIT, data.n, e->record, "structured data");
			return;
		}
}

/* The entry of a program's name, filled; the service of no name at all is "syslog". */
static const struct program *find_program(struct block *b, struct str name)
{
	unsigned hash = name.n ? (unsigned char)name.p[0] * 7u + (unsigned char)name.p[name.n / 2] * 3u : 0;
	struct program *p = &b->programs[(hash + name.n + (name.n ? (unsigned char)name.p[name.n - 1] : 0u)) % PROGRAMS];
	if (!p->service.p || p->name.n != name.n || (name.n && memcmp(p->name.p, name.p, name.n) != 0))
		*p = (struct program){name, syslog_service(name), name.n ? line_decoders_for(name) : 0,
				      payload_rows(name)};
	return p;
}

/* Where the event comes from, for the choice of rules: see syslog_service. */
static void set_source(struct event *e, const struct syslog_line *l, const struct program *p)
{
	e->product = STR("linux");
	if (l->flags & SYSLOG_CISCO)
		e->product = STR("cisco");
	else if (l->flags & SYSLOG_MACOS)
		e->product = STR("macos");
	if ((l->flags & SYSLOG_HEADER) && !(l->flags & SYSLOG_CISCO))
		e->service = l->facility < 0 ? p->service : syslog_service_at(l->program, l->facility);
}

/* The message: what a row of payloads makes of it, or its text and what the program's decoder finds in it. */
static enum decode_result take_message(struct block *b, const struct syslog_line *l, const struct program *p,
				       struct event *e)
{
	const struct str text = l->flags & SYSLOG_HEADER ? l->message : str_trim(l->message);
	const uint32_t rows = payload_candidates(b->ctx->state, p->payloads, text);
	enum decode_result r = DECODE_MISS;
	if (rows) {
		const struct payload_line line = {b->ctx, l->program, text};
		r = payload_decode(b->ctx->state, rows, &line, e);
	}
	if (r == DECODE_MISS)
		event_add(e, FIELD_DATA, b->message, VALUE_TEXT, l->message);
	add_data(b, e, l->data);
	if (r == DECODE_MISS && p->decoders)
		r = line_decode_with(p->decoders, l->message, e);
	return r;
}

static void take_line(struct block *b, const struct text_lines *lines, struct str line, struct event *e)
{
	struct syslog_line l;
	syslog_split(&b->times, line, &l);
	event_clear(e);
	e->record = lines->number;
	e->raw = line;
	e->time = l.time;
	e->offset_min = l.offset_min;
	if (lines->cut || (l.flags & SYSLOG_CUT))
		e->flags |= EVENT_PARTIAL;
	const struct program *program = find_program(b, l.program);
	set_source(e, &l, program);
	add_frame(b, e, &l);
	if (take_message(b, &l, program, e) == DECODE_PARTIAL)
		e->flags |= EVENT_PARTIAL;
	if ((l.flags & SYSLOG_NO_TIME) && e->time == TICKS_NONE)
		decode_skip(b->ctx, DECODE_TEXT_TIME, 0, e->record, "no time that can be read");
}

void syslog_decode(struct decode_ctx *c, struct str block)
{
	struct text_lines lines;
	struct block b;
	struct event e;
	struct str line;
	block_init(&b, c);
	event_init(&e, c->names, c->arena);
	text_begin(&lines, c, block);
	while (text_next(&lines, &line)) {
		take_line(&b, &lines, line, &e);
		c->stats->events++;
		c->emit(c->user, &e);
	}
}

/* A line's points: 2 for a header with a program, a PRI or a known payload, 1 for a time alone or a line that continues another. */
static unsigned sniff_line(struct syslog_times *t, struct str line)
{
	struct syslog_line l;
	syslog_split(t, line, &l);
	if ((l.flags & SYSLOG_HEADER) && (l.program.p || l.facility >= 0 || (l.flags & SYSLOG_CISCO)))
		return 2;
	if (((l.flags & SYSLOG_HEADER) || l.facility >= 0) && payload_is_known(l.message))
		return 2;
	return (l.flags & SYSLOG_HEADER) || (line.p[0] == '\t' || line.p[0] == ' ') ? 1 : 0;
}

/* 95 where every line has a header and a program; below half of the points it is somebody else's text. */
static int sniff(struct str head)
{
	static const struct decode_options options = {.year = 2000};
	unsigned points = 0, lines = 0;
	bool sure = false;
	struct syslog_times t;
	syslog_times_init(&t, &options);
	if (str_starts(head, STR("\xEF\xBB\xBF")))
		head = str_skip(head, 3);
	while (head.n && lines < SNIFF_LINES) {
		bool whole = str_find_byte(head, '\n') >= 0;
		struct str line = str_cut(&head, '\n');
		if (str_trim(line).n == 0 || (!whole && lines > 0))
			continue;
		unsigned got = sniff_line(&t, line);
		sure = sure || got == 2;
		points += got;
		lines++;
	}
	return sure && points >= lines ? (int)(15 + points * 40 / lines) : 0;
}

void *syslog_state_new(void)
{
	return payload_states_new();
}

void syslog_state_free(void *state)
{
	payload_states_free(state);
}

const struct decode_format syslog_format = {
	.name = "syslog",
	.summary = "syslog lines, RFC 3164 and 5424",
	.unit = DECODE_UNIT_LINE,
	.sniff = sniff,
	.decode = syslog_decode,
	.state_new = syslog_state_new,
	.state_free = syslog_state_free,
};
