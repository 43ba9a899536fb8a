/* journald_finish: entries as the hunt hands them in from the binary journal, and the same through journalctl -o json. */
#include "decode/journald.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "decode/json.h"
#include "event/value.h"

struct fixture {
	struct decode_ctx ctx;
	struct decode_options options;
	struct decode_stats stats;
	struct buf out;
};

static void emit(void *user, struct event *e)
{
	struct fixture *x = user;

	buf_time(&x->out, e->time);
	buf_printf(&x->out, " %.*s %.*s '%.*s' ", STR_ARGS(e->product), STR_ARGS(e->service), STR_ARGS(e->raw));
	event_json(e, &x->out);
}

static void setup(struct fixture *x)
{
	memset(x, 0, sizeof *x);
	x->ctx = (struct decode_ctx){.arena = arena_new(0), .names = names_new(NULL), .options = &x->options,
				     .stats = &x->stats, .emit = emit, .user = x, .first_record = 1};
	x->ctx.state = json_format.state_new();
}

static void teardown(struct fixture *x)
{
	json_format.state_free(x->ctx.state);
	names_free(x->ctx.names);
	arena_free(x->ctx.arena);
	buf_free(&x->out);
}

static const struct {
	const char *row;
	const char *entry;		/* NAME=value, one a line */
	const char *begins;		/* of what comes out */
	const char *holds;
} entries[] = {
	{"sshd", "__REALTIME_TIMESTAMP=1577934245678901\n_HOSTNAME=h\nSYSLOG_IDENTIFIER=sshd\n_PID=812\nPRIORITY=6\n"
		"SYSLOG_FACILITY=4\nMESSAGE=Failed password for root from 192.0.2.1 port 22 ssh2",
		"2020-01-02T03:04:05.678901Z linux sshd 'Failed password for root from 192.0.2.1 port 22 ssh2'", "192.0.2.1\""},
	{"source time first", "__REALTIME_TIMESTAMP=1577934245678901\n_SOURCE_REALTIME_TIMESTAMP=1577934245000000\n"
		"MESSAGE=m\n_COMM=sudo", "2020-01-02T03:04:05Z linux sudo 'm'", "\"program\":\"sudo\""},
	{"identifier before command", "MESSAGE=m\n_COMM=python3\nSYSLOG_IDENTIFIER=CRON", " linux cron 'm'",
		"\"program\":\"CRON\""},
	{"kernel", "MESSAGE=m\n_TRANSPORT=kernel\nSYSLOG_IDENTIFIER=kernel\nPRIORITY=2", " linux kernel 'm'",
		"\"severity\":\"crit\""},
	{"audit", "MESSAGE=USER_LOGIN pid=1\n_TRANSPORT=audit\nSYSLOG_IDENTIFIER=audit", " linux auditd", "USER_LOGIN"},
	{"no program", "MESSAGE=m\n_TRANSPORT=stdout", " linux syslog 'm'", "\"program\":\"stdout\""},
	{"codes out of range", "MESSAGE=m\nPRIORITY=9\nSYSLOG_FACILITY=99\n_PID=x", " linux syslog 'm'", "\"pid\":\"x\""},
	{"two messages", "MESSAGE=a\nMESSAGE=b", " linux syslog 'a'", "\"message\":[\"a\",\"b\"]"},
	{"nothing", "", " linux syslog '' {", ""},
};

static void as_binary(struct fixture *x, struct str entry)
{
	struct event e;

	event_init(&e, x->ctx.names, x->ctx.arena);
	while (entry.n) {
		struct str value = str_cut(&entry, '\n'), name = str_cut(&value, '=');

		event_add_named(&e, FIELD_DATA, name, VALUE_TEXT, value);
	}
	journald_finish(&x->ctx, &e);
	emit(x, &e);
}

static void as_json(struct fixture *x, struct str entry)
{
	struct buf text = {0};

	buf_byte(&text, '{');
	while (entry.n) {
		struct str value = str_cut(&entry, '\n'), name = str_cut(&value, '=');

		json_key_str(&text, name);
		json_string(&text, value);
	}
	buf_byte(&text, '}');
	json_format.decode(&x->ctx, buf_get(&text));
	buf_free(&text);
}

static void test_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		struct fixture binary, json;
		struct str out;

		setup(&binary);
		setup(&json);
		as_binary(&binary, str_c(entries[i].entry));
		out = buf_get(&binary.out);
		if (!str_starts(out, str_c(entries[i].begins)) || str_find(out, str_c(entries[i].holds)) < 0)
			fail_msg("%s: %.*s", entries[i].row, STR_ARGS(out));
		as_json(&json, str_c(entries[i].entry));
		if (strstr(entries[i].entry, "__REALTIME") && !str_eq(out, buf_get(&json.out)))
			fail_msg("%s: as JSON %.*s\nas binary %.*s", entries[i].row, STR_ARGS(buf_get(&json.out)),
				 STR_ARGS(out));
		teardown(&binary);
		teardown(&json);
	}
}

/* A full event must not end in an assert or a lost count. */
static void test_full(void **state)
{
	struct fixture x;
	struct event e;
	uint32_t name;

	(void)state;
	setup(&x);
	event_init(&e, x.ctx.names, x.ctx.arena);
	name = names_intern(x.ctx.names, STR("_HOSTNAME"));
	while (event_add(&e, FIELD_DATA, name, VALUE_TEXT, STR("h")))
		;
	journald_finish(&x.ctx, &e);
	assert_int_equal(e.field_count, EVENT_FIELDS_MAX);
	assert_int_equal(x.stats.count[DECODE_FIELDS_LIMIT], 1);
	teardown(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
