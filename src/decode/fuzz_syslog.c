/*
 * Blocks of lines through the syslog and text formats. The first byte chooses year and zone, the rest is the block. Held:
 * one event for each line that is not blank, with its number and its bytes; message is the end of the line, and the
 * header's parts lie in it; times are in bounds; a line gives the same event alone as among others, and again.
 */
#include <assert.h>
#include <string.h>

#include "decode/syslog.h"
#include "decode/text.h"
#include "event/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BLOCK_MAX 65536u
#define REFERENCE (INT64_C(1623715200) * TICKS_PER_SECOND)	/* 2021-06-15 */

struct run {
	const struct decode_format *format;
	struct str rest;		/* lines not yet given as events */
	uint64_t number, events;
	const struct decode_options *options;
	struct buf out;
	bool check;
};

static bool blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr(" \t\r\v\f", s.p[i]) || s.p[i] == '\0')
			return false;
	return true;
}

/* The next line that is not blank, cut in another way than the decoder does. */
static struct str next_line(struct run *r)
{
	for (;;) {
		size_t n = 0;
		assert(r->rest.n > 0);
		while (n < r->rest.n && r->rest.p[n] != '\n')
			n++;
		struct str line = {r->rest.p, n};
		r->rest = (struct str){r->rest.p + n, r->rest.n - n};
		if (r->rest.n)
			r->rest = (struct str){r->rest.p + 1, r->rest.n - 1};
		r->number++;
		if (blank(line))
			continue;
		while (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		return line;
	}
}

static bool inside(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static bool one_of(struct str s, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(s, str_c(*list)))
			return true;
	return false;
}

/* Some other format stood behind the header: its values may be copies without escapes, or the decoder's own words. */
static bool is_payload(const struct event *e)
{
	return !event_find(e, STR("message"));
}

static void check_field(const struct event *e, const struct field *f)
{
	static const char *const fixed[] = {"action", "outcome", "reason", "protocol", "invalid_user", NULL};
	struct str name = names_text(e->names, f->name), value = {f->data, f->size};
	assert(value.p);
	if (f->space == FIELD_SYSTEM && (str_eq(name, STR("facility")) || str_eq(name, STR("severity"))))
		return;
	if (str_eq(name, STR("message"))) {
		assert(value.p + value.n == e->raw.p + e->raw.n && inside(value, e->raw));
		return;
	}
	if (inside(value, e->raw)) {
		/* a parameter is all that stands between its quotes */
		if (!is_payload(e) && str_find_byte(name, '.') >= 0)
			assert(value.p[-1] == '"' && value.p[value.n] == '"' && str_find_byte(value, '"') < 0);
		return;
	}
	if (is_payload(e) && f->space == FIELD_DATA)
		assert(value.n <= e->raw.n + 64);
	else if (f->space == FIELD_SYSTEM)
		assert(str_eq(name, STR("program")) && str_eq(value, STR("login")));
	else if (str_find_byte(name, '.') >= 0)
		assert(value.n < e->raw.n);	/* structured data without its escapes */
	else
		assert(one_of(name, fixed) || (str_eq(name, STR("user")) && str_eq(value, STR("root"))));
}

/* Sigma's word for a product: lower case, and no part of the line, whoever wrote the message behind the header. */
static bool is_static_word(struct str word, struct str line)
{
	for (size_t i = 0; i < word.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", word.p[i]))
			return false;
	return word.n > 0 && (word.p < line.p || word.p >= line.p + line.n);
}

static void check_event(struct run *r, const struct event *e)
{
	struct str line = next_line(r);
	assert(e->record == r->number);
	assert(e->raw.p == line.p && e->raw.n == line.n);
	assert(e->field_count > 0);
	for (uint32_t i = 0; i < e->field_count; i++)
		check_field(e, &e->fields[i]);
	if (e->time != TICKS_NONE) {
		struct civil c;
		clock_to_civil(e->time, &c);
		assert(c.year >= -1 && c.year <= 10000);
	}
	assert(e->offset_min == CLOCK_NO_OFFSET || (e->offset_min > -1440 && e->offset_min < 1440));
	if (r->format == &syslog_format)
		assert(is_static_word(e->product, line));
	else
		assert(!e->product.p && !e->service.p);
}

static void write_event(const struct event *e, struct buf *out)
{
	buf_printf(out, "%lld %d %u %.*s %.*s\n", (long long)e->time, e->offset_min, e->flags, STR_ARGS(e->product),
		   STR_ARGS(e->service));
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		buf_printf(out, "%u %u ", f->space, f->kind);
		buf_str(out, names_text(e->names, f->name));
		buf_byte(out, '=');
		buf_put(out, f->data, f->size);
		buf_byte(out, '\n');
	}
}

static void emit(void *user, struct event *e)
{
	struct run *r = user;
	r->events++;
	if (r->check)
		check_event(r, e);
	write_event(e, &r->out);
}

static void decode(struct run *r, struct str block, uint64_t first)
{
	struct decode_stats stats = {0};
	struct decode_ctx c = {.arena = arena_new(0), .names = names_new(NULL), .options = r->options, .stats = &stats,
			       .emit = emit, .user = r, .first_record = first, .offset = 1,
			       .state = r->format->state_new ? r->format->state_new() : NULL};
	r->events = 0;
	r->format->decode(&c, block);
	assert(stats.events == r->events && stats.used_bytes == block.n);
	if (c.state)
		r->format->state_free(c.state);
	names_free(c.names);
	arena_free(c.arena);
}

static void run(const struct decode_format *format, const struct decode_options *options, struct str block)
{
	struct run r = {.format = format, .options = options, .rest = block, .check = true};
	decode(&r, block, 1);
	assert(blank(r.rest) || r.rest.n == 0 || str_trim(r.rest).n == 0);
	/* Each line alone: what was remembered of other lines must not show. */
	struct run alone = {.format = format, .options = options};
	struct str rest = block;
	while (rest.n) {
		ptrdiff_t lf = str_find_byte(rest, '\n');
		size_t n = lf < 0 ? rest.n : (size_t)lf + 1;
		decode(&alone, str_head(rest, n), 1);
		rest = str_skip(rest, n);
	}
	assert(str_eq(buf_get(&r.out), buf_get(&alone.out)));
	buf_free(&r.out);
	buf_free(&alone.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct decode_options options = {.reference = REFERENCE};
	if (size == 0 || size > BLOCK_MAX)
		return 0;
	options.year = data[0] & 1 ? 2000 + (data[0] >> 4) : 0;
	options.zone_min = data[0] & 2 ? 120 : data[0] & 4 ? -690 : 0;
	struct str block = str_n(data + 1, size - 1);
	int sure = syslog_format.sniff(block);
	assert(sure >= 0 && sure <= 100);
	sure = text_format.sniff(block);
	assert(sure >= 0 && sure <= 100);
	run(&syslog_format, &options, block);
	run(&text_format, &options, block);
	return 0;
}
