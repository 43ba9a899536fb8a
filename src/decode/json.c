#include "decode/json.h"

#include <stdio.h>
#include <string.h>

#include "decode/journald.h"
#include "decode/json_parse.h"
#include "decode/kinds.h"

/* A block being decoded. */
struct job {
	struct decode_ctx *ctx;
	struct event e;
	struct json_parse parse;
	const char *(*run)(struct json_parse *j, const char *p);
};

static void job_begin(struct job *job, struct decode_ctx *c, size_t size, bool lines)
{
	struct json_state *s = c->state;
	bool avx2 = false;

#if defined __x86_64__
	avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
#endif
	job->ctx = c;
	job->run = avx2 && !s->no_avx2 ? json_parse_avx2 : json_parse_sse2;
	json_state_begin_block(s, c->names);
	event_init(&job->e, c->names, c->arena);
	job->parse.state = s;
	job->parse.e = &job->e;
	job->parse.lines = lines;
	job->parse.out = arena_bytes(c->arena, size + JSON_PAD);
	c->stats->used_bytes += size;
}

/* Empties the event and parses the value at p. */
static const char *parse_value(struct job *job, const char *p)
{
	struct json_parse *j = &job->parse;

	json_state_begin_object(j->state, job->ctx->names);
	event_clear(&job->e);
	j->names_bytes = 0;
	j->members = 0;
	j->seen.roles = 0;
	return job->run(j, p);
}

static void give_event(struct job *job, uint64_t record)
{
	struct json_state *s = job->parse.state;
	struct wrapper_job wrapped = {&job->parse.seen, &s->system, job->ctx->options, s->meanings.at, s->of_field};
	struct event *e = &job->e;

	e->record = record;
	job->parse.seen.roles &= ~UINT64_C(1);
	if (!wrapper_finish(&wrapped, e) && wrapper_is_journal(&job->parse.seen))
		journald_finish(job->ctx, e);
	job->ctx->stats->events++;
	job->ctx->emit(job->ctx->user, e);
}

static bool is_envelope(const struct job *job)
{
	return job->parse.seen.roles >> KINDS_ENVELOPE & 1;
}

/* An element at p, of which `end` is the last byte but one that may be read; NULL where nothing can be read any more. */
static const char *take_element(struct job *job, const char *p, const char *end, uint64_t record)
{
	const char *next = parse_value(job, p);
	bool whole;

	if (next) {
		if (*p == '{')
			give_event(job, record);
		else
			decode_skip(job->ctx, DECODE_JSON_NOT_OBJECT, (size_t)(next - p), record, NULL);
		return next;
	}
	decode_skip(job->ctx, job->parse.cause, 0, record, job->parse.error);
	if (*p == '{' && job->parse.cause == DECODE_JSON_LIMIT) {
		job->e.flags |= EVENT_PARTIAL;
		give_event(job, record);
	}
	p += json_value_size(str_n(p, (size_t)(end - p)), &whole);
	return whole ? p : NULL;
}

/* The elements of the envelope at `value`, which is JSON, or is as far as it was read. False: it has none. */
static bool take_elements(struct job *job, struct str value, uint64_t record)
{
	int head = kinds_envelope(value);
	const char *p = value.p + head, *end = value.p + value.n;
	uint64_t events = job->ctx->stats->events;
	char *out = job->parse.out;

	if (head <= 0)
		return false;
	job->parse.out = arena_bytes(job->ctx->arena, value.n + JSON_PAD);
	while (p && p < end) {
		if (*p == ']')
			break;
		if (json_is_between(*p))
			p++;
		else
			p = take_element(job, p, end, record);
	}
	job->parse.out = out;
	return job->ctx->stats->events > events;
}

/* Counts a bad value; one that hit a limit gives the event of what came before. */
static void give_failure(struct job *job, struct str value, uint64_t record)
{
	const struct json_parse *j = &job->parse;
	size_t at = (size_t)(j->error_at - value.p);
	char detail[96];

	snprintf(detail, sizeof detail, "byte %zu: %s", at + 1, j->error);
	if (j->cause == DECODE_JSON_LIMIT && value.p[0] == '{') {
		if (is_envelope(job) && take_elements(job, value, record))
			return;
		decode_skip(job->ctx, j->cause, value.n - at, record, detail);
		job->e.flags |= EVENT_PARTIAL;
		give_event(job, record);
		return;
	}
	decode_skip(job->ctx, j->cause, value.n, record, detail);
}

/* ---- one object a line ---- */

/* White space and NUL bytes at the ends of a line. */
static const char *skip_blank(const char *p, bool *nul)
{
	for (;; p++) {
		if (!*p)
			*nul = true;
		else if (*p != ' ' && *p != '\t' && *p != '\r')
			return p;
	}
}

/* The line at p; it has its LF, and JSON_PAD bytes behind that. Returns what stands behind it. */
static const char *take_line(struct job *job, const char *p, uint64_t record)
{
	bool nul = false;
	const char *first = skip_blank(p, &nul), *end, *lf;
	char *out = job->parse.out;

	if (*first == '\n') {
		if (nul)
			decode_skip(job->ctx, DECODE_TEXT_NUL, 0, record, NULL);
		return first + 1;
	}
	end = parse_value(job, first);
	lf = end ? skip_blank(end, &nul) : NULL;
	if (nul)
		decode_skip(job->ctx, DECODE_TEXT_NUL, 0, record, NULL);
	if (lf && *lf == '\n' && *first == '{') {
		if (!is_envelope(job) || !take_elements(job, str_n(first, (size_t)(end - first)), record))
			give_event(job, record);
		return lf + 1;
	}
	if (lf && *lf == '\n') {
		job->parse.out = out;
		decode_skip(job->ctx, DECODE_JSON_NOT_OBJECT, (size_t)(end - first), record, NULL);
		return lf + 1;
	}
	if (lf)
		json_fail(&job->parse, lf, "text behind the value");
	if (job->parse.cause != DECODE_JSON_LIMIT)
		job->parse.out = out;
	lf = memchr(first, '\n', SIZE_MAX / 2);
	give_failure(job, (struct str){first, (size_t)(lf - first)}, record);
	return lf + 1;
}

static uint64_t take_lines(struct job *job, const char *p, const char *end, uint64_t record)
{
	while (p < end)
		p = take_line(job, p, record++);
	return record;
}

/* The lines whose LF has JSON_PAD bytes behind it can be parsed where they are; returns the size of these. */
static size_t padded_size(struct str block)
{
	const char *lf;

	if (block.n <= JSON_PAD)
		return 0;
	lf = memrchr(block.p, '\n', block.n - JSON_PAD);
	return lf ? (size_t)(lf - block.p) + 1 : 0;
}

/* A copy with `last` and padding behind it. */
static const char *padded_copy(struct decode_ctx *c, struct str s, char last)
{
	char *p = arena_bytes(c->arena, s.n + 1 + JSON_PAD);

	memcpy(p, s.p, s.n);
	p[s.n] = last;
	memset(p + s.n + 1, 0, JSON_PAD);
	return p;
}

static void decode_lines(struct decode_ctx *c, struct str block)
{
	struct job job;
	struct str tail;
	size_t ready;
	uint64_t record = c->first_record;
	const char *copy;

	job_begin(&job, c, block.n, true);
	if (!c->offset && str_starts(block, STR("\xef\xbb\xbf")))
		block = str_skip(block, 3);
	ready = padded_size(block);
	record = take_lines(&job, block.p, block.p + ready, record);
	tail = str_skip(block, ready);
	if (!tail.n)
		return;
	copy = padded_copy(c, tail, '\n');
	take_lines(&job, copy, copy + tail.n, record);
}

/* ---- objects ---- */

static size_t take_other(struct job *job, struct str rest, uint64_t record)
{
	const char *end = parse_value(job, rest.p);
	bool whole;
	struct str value = {rest.p, json_value_size(rest, &whole)};

	if (end) {
		bool nul;

		end = skip_blank(end, &nul);
	}
	if (end && end >= value.p + value.n && value.p[0] != '{') {
		decode_skip(job->ctx, DECODE_JSON_NOT_OBJECT, value.n, record, NULL);
		return value.n;
	}
	if (end)
		json_fail(&job->parse, end, "text behind the value");
	give_failure(job, value, record);
	return value.n;
}

static size_t take_object(struct job *job, struct str rest, uint64_t record)
{
	char *out = job->parse.out;
	const char *end = rest.p[0] == '{' ? parse_value(job, rest.p) : NULL;
	size_t n;

	if (end) {
		if (!is_envelope(job) || !take_elements(job, str_n(rest.p, (size_t)(end - rest.p)), record))
			give_event(job, record);
		return (size_t)(end - rest.p);
	}
	job->parse.out = out;
	n = take_other(job, rest, record);
	return n;
}

static void decode_objects(struct decode_ctx *c, struct str block)
{
	struct job job;
	struct str rest;
	uint64_t record = c->first_record;

	job_begin(&job, c, block.n, false);
	rest = (struct str){padded_copy(c, block, '\0'), block.n};
	if (!c->offset && json_envelope_head(rest) > 0)
		rest = str_skip(rest, (size_t)json_envelope_head(rest));
	while (rest.n) {
		if (json_is_between(rest.p[0]))
			rest = str_skip(rest, 1);
		else
			rest = str_skip(rest, take_object(&job, rest, record++));
	}
}

/* ---- telling ---- */

/* Of the lines in the head, at least half look like objects. */
static bool lines_of_objects(struct str head)
{
	size_t objects = 0, others = 0;

	while (str_find_byte(head, '\n') >= 0) {
		struct str line = str_trim(str_cut(&head, '\n'));

		if (!line.n)
			continue;
		if (str_starts(line, STR("{\"")) && str_ends(line, STR("}")))
			objects++;
		else
			others++;
	}
	return objects && objects >= others;
}

enum look { NO_JSON, LINES, OBJECTS };

/* s begins with '{'. */
static enum look look_at_object(struct str s)
{
	struct str inside = str_skip(s, 1), value, rest;
	bool whole;

	while (inside.n && ascii_is_space((unsigned char)inside.p[0]))
		inside = str_skip(inside, 1);
	if (inside.n && inside.p[0] != '"' && inside.p[0] != '}')
		return NO_JSON;
	value = str_head(s, json_value_size(s, &whole));
	if (str_find_byte(value, '\n') >= 0)
		return lines_of_objects(s) ? LINES : OBJECTS;
	rest = str_skip(s, value.n);
	while (rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t' || rest.p[0] == '\r' || !rest.p[0]))
		rest = str_skip(rest, 1);
	return !rest.n || rest.p[0] == '\n' ? LINES : OBJECTS;
}

/* s begins with '[': an array that holds objects, or nothing. */
static enum look look_at_array(struct str s)
{
	while (s.n && (s.p[0] == '[' || ascii_is_space((unsigned char)s.p[0])))
		s = str_skip(s, 1);
	if (!s.n)
		return NO_JSON;
	if (s.p[0] == ']')
		return OBJECTS;
	return s.p[0] == '{' && look_at_object(s) != NO_JSON ? OBJECTS : NO_JSON;
}

/* A few stray bytes before the first object of a file that is not one object a line: where that begins. */
#define STRAY_MAX 8u

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct str behind_stray(struct str s)
{
	for (size_t i = 0; i < s.n && i < STRAY_MAX && !is_letter(s.p[i]); i++)
		if (s.p[i] == '{')
			return str_skip(s, i);
	return STR_NONE;
}

static enum look look(struct str head)
{
	struct str s = str_starts(head, STR("\xef\xbb\xbf")) ? str_skip(head, 3) : head;

	while (s.n && (ascii_is_space((unsigned char)s.p[0]) || !s.p[0]))
		s = str_skip(s, 1);
	if (s.n && s.p[0] == '{')
		return kinds_envelope(s) > 0 ? OBJECTS : look_at_object(s);
	if (s.n && s.p[0] == '[')
		return look_at_array(s);
	if (lines_of_objects(s))
		return LINES;
	s = behind_stray(s);
	return s.n && look_at_object(s) == OBJECTS ? OBJECTS : NO_JSON;
}

static int sniff_lines(struct str head)
{
	return look(head) == LINES ? 95 : 0;
}

static int sniff_objects(struct str head)
{
	return look(head) == OBJECTS ? 95 : 0;
}

const struct decode_format json_format = {
	.name = "json",
	.summary = "JSON, one object a line",
	.unit = DECODE_UNIT_LINE,
	.sniff = sniff_lines,
	.decode = decode_lines,
	.state_new = json_state_new,
	.state_free = json_state_free,
};

const struct decode_format json_objects_format = {
	.name = "json",
	.summary = "JSON objects: pretty-printed, concatenated or in an array",
	.unit = DECODE_UNIT_OBJECT,
	.sniff = sniff_objects,
	.decode = decode_objects,
	.state_new = json_state_new,
	.state_free = json_state_free,
};
