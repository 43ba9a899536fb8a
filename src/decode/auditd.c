#include "decode/auditd.h"

#include "audit/audit_join.h"
#include "decode/text.h"

#define SNIFF_LINES 64u

/* A block being decoded. */
struct job {
	struct decode_ctx *ctx;
	struct event e;
};

static void *state_new(void)
{
	return audit_join_new();
}

static void state_free(void *state)
{
	audit_join_free(state);
}

static void give(void *user, const struct audit_given *g)
{
	struct job *job = user;
	struct decode_ctx *c = job->ctx;

	event_clear(&job->e);
	job->e.record = g->line;
	if (g->cut)
		job->e.flags |= EVENT_PARTIAL;
	if (g->early)
		decode_skip(c, DECODE_EVENT_EARLY, 0, g->line, "too many events are open");
	if (!audit_fill(&job->e, g->records, g->count)) {
		job->e.flags |= EVENT_PARTIAL;
		decode_skip(c, DECODE_FIELDS_LIMIT, 0, g->line, "an audit event");
	}
	c->stats->events++;
	c->emit(c->user, &job->e);
}

static void take_line(struct job *job, const struct text_lines *lines, struct str line)
{
	struct audit_join *join = job->ctx->state;
	struct audit_record r;

	if (str_eq(line, STR("----")) || str_starts(line, STR("time->")))
		return;
	if (audit_split(line, &r)) {
		if (!r.type.p)
			decode_skip(job->ctx, DECODE_TEXT_FORMAT, 0, lines->number, "a record without a type");
		audit_join_add(join, &r, lines->number, lines->cut, give, job);
		return;
	}
	decode_skip(job->ctx, DECODE_TEXT_FORMAT, 0, lines->number, "no time stamp of the audit system");
	audit_join_other(join, give, job);
	give(job, &(struct audit_given){.records = &r, .count = 1, .line = lines->number, .cut = lines->cut});
}

static void decode(struct decode_ctx *c, struct str block)
{
	struct job job = {.ctx = c};
	struct text_lines lines;
	struct str line;

	event_init(&job.e, c->names, c->arena);
	text_begin(&lines, c, block);
	while (text_next(&lines, &line))
		take_line(&job, &lines, line);
}

static void finish(struct decode_ctx *c)
{
	struct job job = {.ctx = c};

	event_init(&job.e, c->names, c->arena);
	audit_join_end(c->state, give, &job);
}

static bool looks_like_record(struct str line)
{
	struct audit_record r;

	return audit_split(line, &r) && r.type.p;
}

static int sniff(struct str head)
{
	unsigned records = 0, others = 0;

	if (str_starts(head, STR("\xEF\xBB\xBF")))
		head = str_skip(head, 3);
	for (unsigned i = 0; i < SNIFF_LINES && head.n; i++) {
		struct str line = str_trim(str_cut(&head, '\n'));

		if (!line.n || str_eq(line, STR("----")) || str_starts(line, STR("time->")))
			continue;
		if (looks_like_record(line))
			records++;
		else
			others++;
	}
	return records && records >= others ? 90 : 0;
}

const struct decode_format auditd_format = {
	.name = "auditd",
	.summary = "auditd's log; the records of one event are joined",
	.unit = DECODE_UNIT_LINE,
	.sniff = sniff,
	.decode = decode,
	.state_new = state_new,
	.state_free = state_free,
	.ordered = true,
	.finish = finish,
};

/* ---- behind a syslog header ---- */

#define STAMP_WITHIN 300u	/* bytes in front of the stamp: node= and type= */

/* The kernel's words before a record: "[   12.345678] audit: ". */
static struct str behind_kernel(struct str message)
{
	ptrdiff_t end = message.n && message.p[0] == '[' ? str_find_byte(str_head(message, 24), ']') : -1;

	if (end > 0)
		message = str_trim(str_skip(message, (size_t)end + 1));
	return str_starts(message, STR("audit: ")) ? str_skip(message, 7) : message;
}

static bool is_payload(struct str message)
{
	message = behind_kernel(message);
	return (str_starts(message, STR("type=")) || str_starts(message, STR("node="))) &&
	       str_find(str_head(message, STAMP_WITHIN), STR("audit(")) >= 0;
}

static enum decode_result decode_payload(const struct payload_line *line, void *state, struct event *e)
{
	struct audit_record r;

	(void)state;
	if (!audit_split(behind_kernel(line->message), &r) || !r.type.p)
		return DECODE_MISS;
	r.node = STR_NONE;	/* the header says it */
	if (audit_fill(e, &r, 1))
		return DECODE_MATCH;
	decode_skip(line->ctx, DECODE_FIELDS_LIMIT, 0, e->record, "an audit record");
	return DECODE_PARTIAL;
}

const struct payload auditd_payload = {
	.name = "auditd",
	.first = "[atn",
	.programs = "",
	.is = is_payload,
	.decode = decode_payload,
};
