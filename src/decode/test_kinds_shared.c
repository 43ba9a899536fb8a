/* The shared samples of Suricata, auditbeat and nginx in JSON: what their expectations say must not differ from the event. */
#include "decode/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/testing.h"
#include "event/value.h"

#define KEPT 4u

struct fixture {
	struct decode_ctx ctx;
	struct decode_options options;
	struct decode_stats stats;
	struct event kept;		/* the last event; its fields live in the arena */
	struct field fields[4096];
};

static void emit(void *user, struct event *e)
{
	struct fixture *x = user;

	assert_true(e->field_count <= sizeof x->fields / sizeof *x->fields);
	x->kept = *e;
	memcpy(x->fields, e->fields, e->field_count * sizeof *e->fields);
	x->kept.fields = x->fields;
}

static void setup(struct fixture *x)
{
	memset(x, 0, sizeof *x);
	x->ctx = (struct decode_ctx){.arena = arena_new(0), .names = names_new(NULL), .options = &x->options,
				     .stats = &x->stats, .emit = emit, .user = x, .first_record = 1,
				     .state = json_format.state_new()};
}

static void teardown(struct fixture *x)
{
	json_format.state_free(x->ctx.state);
	names_free(x->ctx.names);
	arena_free(x->ctx.arena);
}

/* What the expectation calls it, and the names under which the event may have it. */
static const struct { const char *expected; const char *names[KEPT]; } rows[] = {
	{"expected.source.ip", {"src_ip", "source.ip", "c-ip"}},
	{"expected.source.port", {"src_port", "source.port"}},
	{"expected.destination.ip", {"dest_ip", "destination.ip"}},
	{"expected.destination.port", {"dest_port", "destination.port"}},
	{"expected.network.protocol", {"proto"}},
	{"expected.network.community_id", {"community_id"}},
	{"expected.dns.id", {"dns.id"}},
	{"expected.dns.response_code", {"dns.rcode"}},
	{"expected.action.type", {"event_type"}},
	{"expected.action.properties.signature_id", {"alert.signature_id"}},
	{"expected.action.properties.signature", {"alert.signature"}},
	{"expected.http.request.method", {"cs-method", "http.http_method"}},
	{"expected.http.response.status_code", {"sc-status", "http.status"}},
	{"expected.user_agent.original", {"cs-user-agent", "http.http_user_agent"}},
	{"expected.process.pid", {"process.pid"}},
	{"expected.process.executable", {"process.executable"}},
	{"expected.process.working_directory", {"process.working_directory"}},
	{"expected.user.name", {"user.name"}},
};

static struct str text_of(struct event *e, const char *name)
{
	const struct field *f = event_find(e, str_c(name));

	return f ? value_text(f, e->arena) : STR_NONE;
}

/* Where a name of the row stands among the fields, one of its values must be the expected one. Returns 1 where it does. */
static unsigned check_row(const char *path, struct event *e, const char *const names[KEPT], struct str want)
{
	for (unsigned n = 0; n < KEPT && names[n]; n++) {
		if (!event_find(e, str_c(names[n])))
			continue;
		for (uint32_t i = 0; i < e->field_count; i++)
			if (str_eq_nocase(names_text(e->names, e->fields[i].name), str_c(names[n])) &&
			    str_eq_nocase(value_text(&e->fields[i], e->arena), want))
				return 1;
		fail_msg("%s: %s is not %.*s", path, names[n], STR_ARGS(want));
	}
	return 0;
}

static void check_time(const char *path, const struct event *e, struct str want)
{
	int64_t ticks;
	int offset;
	size_t used;

	if (clock_parse_rfc3339(want, &ticks, &offset, &used) == 0 && ticks != e->time)
		fail_msg("%s: another time than %.*s", path, STR_ARGS(want));
}

struct tally { unsigned files, values; };

static int check_file(void *user, const char *path)
{
	struct tally *t = user;
	struct fixture x;
	struct event expected;
	struct field *fields;
	struct str text, message;

	setup(&x);
	assert_int_equal(io_read_file(path, 1u << 20, x.ctx.arena, &text), 0);
	json_objects_format.decode(&x.ctx, text);
	assert_int_equal(x.stats.events, 1);
	expected = x.kept;
	fields = ARENA_ARRAY(x.ctx.arena, struct field, expected.field_count);
	memcpy(fields, x.fields, expected.field_count * sizeof *fields);
	expected.fields = fields;
	message = str_trim(text_of(&expected, "input.message"));
	if (!str_starts(message, STR("{"))) {
		teardown(&x);
		return 0;		/* an access line, not JSON */
	}
	json_format.decode(&x.ctx, message);
	assert_int_equal(x.stats.events, 2);
	assert_true(x.kept.product.p || x.kept.category.p);
	check_time(path, &x.kept, text_of(&expected, "expected.@timestamp"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str want = text_of(&expected, rows[i].expected);

		if (want.n)
			t->values += check_row(path, &x.kept, rows[i].names, want);
	}
	t->files++;
	teardown(&x);
	return 0;
}

static void check_folder(const char *below, unsigned files, unsigned values)
{
	const char *path = testing_shared(below);
	struct tally t = {0, 0};
	struct io_walk walk = {.visit = check_file, .user = &t};

	if (!path)
		skip();
	assert_int_equal(io_walk(path, &walk), 0);
	assert_int_equal(t.files, files);
	if (t.values < values)
		fail_msg("%s: only %u values compared", below, t.values);
}

static void test_suricata(void **state)
{
	(void)state;
	check_folder("logs/suricata/sekoia_cases", 9, 50);
}

static void test_auditbeat(void **state)
{
	(void)state;
	check_folder("logs/auditbeat/sekoia_cases", 10, 15);
}

static void test_nginx(void **state)
{
	(void)state;
	check_folder("logs/nginx/sekoia_cases", 3, 9);
}

static void count(void *user, struct event *e)
{
	uint64_t *known = user;

	*known += str_eq(e->product, STR("suricata")) && e->time != TICKS_NONE;
}

/* Every object of the whole files is an event of Suricata. */
static void test_files(void **state)
{
	static const struct { const char *path; uint64_t events; } files[] = {
		{"logs/suricata/suricatalog_eve-2.json", 2401}, {"logs/suricata/suricatalog_eve_payload.json", 131},
		{"logs/suricata/suricatalog_eve_no_events.json", 21}, {"logs/suricata/suricatalog_eve_udp_flow.json", 32},
		{"logs/suricata/first-org-conf-2015_alerts-only.json", 136}, {"logs/suricata/honeypot-2018_alerts-only.json", 44},
		{"logs/suricata/wrccdc-2017_alerts-only.json", 161},
	};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const char *path = testing_shared(files[i].path);
		const struct decode_format *format;
		uint64_t known = 0;
		struct fixture x;
		struct str text;

		if (!path)
			skip();
		setup(&x);
		x.ctx.emit = count;
		x.ctx.user = &known;
		assert_int_equal(io_read_file(path, 64u << 20, x.ctx.arena, &text), 0);
		format = decode_sniff(str_head(text, 65536));
		assert_non_null(format);
		format->decode(&x.ctx, text);
		if (x.stats.events != files[i].events || known != files[i].events)
			fail_msg("%s: %llu events, %llu known", path, (unsigned long long)x.stats.events, (unsigned long long)known);
		teardown(&x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suricata), cmocka_unit_test(test_auditbeat), cmocka_unit_test(test_nginx),
		cmocka_unit_test(test_files),
	};
	return cmocka_run_group_tests_name("kinds, shared samples", tests, NULL, NULL);
}
