/* w3c and zeek: a text cut into blocks anywhere, its directives carried, gives the events of the whole. */
#include "decode/columns_formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/value.h"

static const char w3c_text[] =
	"#Software: Microsoft Internet Information Services 10.0\r\n"
	"#Version: 1.0\r\n"
	"#Date: 2013-07-30 00:00:00\r\n"
	"#Fields: date time c-ip cs-method cs-uri-stem cs(User-Agent) sc-status\r\n"
	"2021-04-01 00:00:21 192.0.2.1 GET /a Mozilla/5.0+(X11) 200\r\n"
	"\r\n"
	"2021-04-01 00:00:22 192.0.2.1 GET /# - 200\r\n"
	"short\r\n"
	"#Fields: time c-ip cs-uri-stem\r\n"
	"00:00:23 192.0.2.1 /b\r\n"
	"#Remark: nothing\r\n"
	"#Date: 2013-08-01 00:00:00\r\n"
	"00:00:24 192.0.2.1 /c\r\n"
	"#Software: Microsoft Exchange Server\r\n"
	"#Fields: date-time,c-ip,UrlStem\r\n"
	"2021-04-01T00:00:25Z,192.0.2.1,\"/d,e\"\r\n"
	"00:00:24 192.0.2.1 /c\r\n"
	"#Fields: date time cs-uri\r\n"
	"2021-04-01 00:00:26 /e?f";

static const char zeek_text[] =
	"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n"
	"#fields\tts\tquery\tanswers\n#types\ttime\tstring\tvector[string]\n"
	"1.5\ta\tb,c\n2.5\t-\t(empty)\nshort\n#close\tx\n"
	"#separator \\x2c\n#path,files\n#fields,ts,n\n#types,time,count\n3.5,7\n4.5,-\n";

struct fixture {
	struct decode_ctx ctx;
	struct decode_options options;
	struct decode_stats stats;
	struct buf out;
};

static void write_event(void *user, struct event *e)
{
	struct fixture *x = user;
	buf_printf(&x->out, "%llu %lld %u %.*s %.*s |%.*s|\n", (unsigned long long)e->record, (long long)e->time, e->flags,
		   STR_ARGS(e->service), STR_ARGS(e->category), STR_ARGS(e->raw));
	for (uint32_t i = 0; i < e->field_count; i++) {
		buf_str(&x->out, names_text(e->names, e->fields[i].name));
		buf_byte(&x->out, '=');
		buf_str(&x->out, value_text(&e->fields[i], e->arena));
		buf_byte(&x->out, '\n');
	}
}

static void write_skip(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	struct fixture *x = user;
	buf_printf(&x->out, "skip %s %llu %s\n", decode_cause_name(cause), (unsigned long long)place, detail ? detail : "");
}

static void setup(struct fixture *x)
{
	memset(x, 0, sizeof *x);
	x->ctx = (struct decode_ctx){.arena = arena_new(0), .names = names_new(NULL), .options = &x->options,
				     .stats = &x->stats, .emit = write_event, .skip = write_skip, .user = x, .first_record = 1};
}

static void teardown(struct fixture *x)
{
	names_free(x->ctx.names);
	arena_free(x->ctx.arena);
	buf_free(&x->out);
}

/* Decodes lines in blocks that end where `ends` has a bit: block by block, each with what the cutter would carry. */
static void decode_blocks(struct fixture *x, const struct decode_format *f, struct str text, uint64_t ends)
{
	struct buf context = {0};
	struct str rest = text;
	unsigned line = 0;
	x->ctx.first_record = 1;
	while (rest.n) {
		size_t n = 0;
		uint64_t lines = 0;
		do {
			const char *lf = memchr(rest.p + n, '\n', rest.n - n);
			n = lf ? (size_t)(lf - rest.p) + 1 : rest.n;
			lines++;
		} while (n < rest.n && !(ends >> line++ & 1));
		names_begin_batch(x->ctx.names);
		/* the context is the block's own copy: nothing may point into the one that goes on */
		struct buf copy = {0};
		buf_str(&copy, buf_get(&context));
		x->ctx.context = buf_get(&copy);
		x->ctx.offset = (uint64_t)(rest.p - text.p);
		f->decode(&x->ctx, str_head(rest, n));
		f->carry(str_head(rest, n), &context);
		buf_free(&copy);
		x->ctx.first_record += lines;
		rest = str_skip(rest, n);
	}
	buf_free(&context);
}

static void check_cuts(const struct decode_format *f, struct str text, uint64_t events, uint64_t broken)
{
	struct fixture whole;
	setup(&whole);
	decode_blocks(&whole, f, text, 0);
	assert_int_equal(whole.stats.events, events);
	assert_int_equal(whole.stats.count[DECODE_TEXT_FORMAT], broken);
	assert_int_equal(whole.stats.used_bytes, text.n);
	for (uint64_t i = 0; i <= 64; i++) {
		struct fixture cut;
		uint64_t ends = i == 64 ? UINT64_MAX : UINT64_C(1) << i | UINT64_C(0x9E3779B97F4A7C15) * i;
		setup(&cut);
		decode_blocks(&cut, f, text, ends);
		if (!str_eq(buf_get(&whole.out), buf_get(&cut.out)))
			fail_msg("%s, cut %llx:\n%.*s\nwhole:\n%.*s", f->name, (unsigned long long)ends, STR_ARGS(buf_get(&cut.out)),
				 STR_ARGS(buf_get(&whole.out)));
		teardown(&cut);
	}
	teardown(&whole);
}

static void test_cuts(void **state)
{
	(void)state;
	check_cuts(&w3c_format, str_c(w3c_text), 8, 2);
	check_cuts(&zeek_format, str_c(zeek_text), 5, 1);
}

/* A line that breaks the format is an event with the line, and counted with its place. */
static void test_broken(void **state)
{
	struct fixture x;
	(void)state;
	setup(&x);
	decode_blocks(&x, &w3c_format, STR("#Version: 1.0\na b\n#Fields: date time c-ip\nx y z\n"), 0);
	assert_string_equal(arena_str(x.ctx.arena, buf_get(&x.out)).p,
			    "skip text-format 2 no #Fields line before it\n2 -9223372036854775808 1 w3c columns |a b|\nmessage=a b\n"
			    "skip text-format 4 not as #Fields says\n4 -9223372036854775808 1 w3c columns |x y z|\nmessage=x y z\n");
	teardown(&x);
}

static void test_sniff(void **state)
{
	static const struct { const char *text, *format; } rows[] = {
		{w3c_text, "w3c"}, {zeek_text, "zeek"},
		{"\xEF\xBB\xBF#Version: 1.0\n", "w3c"}, {"#Fields: date time\n", "w3c"}, {"#software: x\r\n", "w3c"},
		{"# a comment\n#Date: 2020-01-01\n", "w3c"}, {"# a comment\nport 22\n", "text"}, {"#!/bin/sh\n", "text"},
		{"#separator \\x09\n", "zeek"}, {"#separators\n", "text"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct decode_format *f = decode_sniff(str_c(rows[i].text));
		if (!f || strcmp(f->name, rows[i].format) != 0)
			fail_msg("row %zu: %s, not %s", i, f ? f->name : "none", rows[i].format);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts), cmocka_unit_test(test_broken), cmocka_unit_test(test_sniff),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
