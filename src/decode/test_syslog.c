/* Syslog headers: tests/cases/decode/syslog.case, years, the log files of the shared data. */
#include "decode/syslog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/cases.h"
#include "decode/text.h"
#include "event/value.h"

struct fixture {
	struct decode_ctx ctx;
	struct decode_options options;
	struct decode_stats stats;
	struct buf *out;		/* where the events' fields go; NULL: they are only counted */
	void (*look)(struct fixture *x, struct event *e);
	void *looker;
};

static int64_t day(int year, int month, int d)
{
	return clock_from_civil(&(struct civil){.year = year, .month = month, .day = d});
}

static void write_text(struct buf *out, const char *name, struct str value)
{
	if (value.p) {
		buf_printf(out, "%s=", name);
		case_escape(value, out);
		buf_byte(out, '\n');
	}
}

static void write_event(const struct event *e, struct buf *out)
{
	buf_text(out, e->flags & EVENT_PARTIAL ? "partial\n" : "match\n");
	if (e->time != TICKS_NONE) {
		buf_text(out, "time=");
		buf_time(out, e->time);
		if (e->offset_min != CLOCK_NO_OFFSET)
			buf_printf(out, " %+d", e->offset_min);
		buf_byte(out, '\n');
	}
	write_text(out, "product", e->product);
	write_text(out, "service", e->service);
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		buf_byte(out, f->space == FIELD_SYSTEM ? '@' : '.');
		buf_str(out, names_text(e->names, f->name));
		write_text(out, "", value_text(f, e->arena));
	}
}

static void emit(void *user, struct event *e)
{
	struct fixture *x = user;
	if (x->out)
		write_event(e, x->out);
	if (x->look)
		x->look(x, e);
}

static void setup(struct fixture *x)
{
	memset(x, 0, sizeof *x);
	x->options = (struct decode_options){.reference = day(2021, 6, 15)};
	x->ctx = (struct decode_ctx){.arena = arena_new(0), .names = names_new(NULL), .options = &x->options,
				     .stats = &x->stats, .emit = emit, .user = x, .first_record = 1, .offset = 1};
}

static void teardown(struct fixture *x)
{
	names_free(x->ctx.names);
	arena_free(x->ctx.arena);
}

static void decode_line(void *user, struct str input, struct buf *out)
{
	struct fixture *x = user;
	x->out = out;
	syslog_format.decode(&x->ctx, input);
	if (out->n == 0)
		buf_text(out, "miss\n");
	x->out = NULL;
}

static void set_option(void *user, struct str name, struct str value)
{
	struct fixture *x = user;
	int64_t ticks = 0, n = 0;
	int offset;
	size_t used;
	if (str_eq(name, STR("reference"))) {
		assert_int_equal(clock_parse_rfc3339(value, &ticks, &offset, &used), 0);
		x->options.reference = ticks;
		return;
	}
	assert_int_equal(str_to_i64(value, &n), 0);
	if (str_eq(name, STR("year")))
		x->options.year = (int)n;
	else if (str_eq(name, STR("zone")))
		x->options.zone_min = (int)n;
	else if (str_eq(name, STR("offset")))
		x->ctx.offset = (uint64_t)n;
	else
		fail_msg("no option %.*s", STR_ARGS(name));
}

static void test_cases(void **state)
{
	struct fixture x;
	struct case_run r = {.path = "tests/cases/decode/syslog.case", .decode = decode_line, .set = set_option, .user = &x};
	struct str text;
	(void)state;
	setup(&x);
	struct arena *file = arena_new(0);
	assert_int_equal(io_read_file(r.path, 1 << 20, file, &text), 0);
	case_file(&r, text);
	if (r.failures || r.cases == 0)
		fail_msg("%u of %u cases failed", r.failures, r.cases);
	arena_free(file);
	teardown(&x);
}

static void test_years(void **state)
{
	static const struct {
		const char *line, *reference;
		int year, zone;
		const char *time;
	} rows[] = {
		{"Jun 15 12:00:00 h p: m", "2021-06-15T11:00:00Z", 0, 0, "2021-06-15T12:00:00Z"},
		/* one day after the reference is still this year, two are not */
		{"Jun 16 10:00:00 h p: m", "2021-06-15T11:00:00Z", 0, 0, "2021-06-16T10:00:00Z"},
		{"Jun 17 12:00:00 h p: m", "2021-06-15T11:00:00Z", 0, 0, "2020-06-17T12:00:00Z"},
		/* a file last written in January holds December of the year before */
		{"Dec 31 23:59:59 h p: m", "2024-01-03T00:00:00Z", 0, 0, "2023-12-31T23:59:59Z"},
		{"Jan  1 00:00:01 h p: m", "2024-01-03T00:00:00Z", 0, 0, "2024-01-01T00:00:01Z"},
		/* a file last written on December 31 whose clock was ahead */
		{"Jan  1 00:00:01 h p: m", "2023-12-31T23:59:00Z", 0, 0, "2024-01-01T00:00:01Z"},
		/* the zone counts: 00:30 east of Greenwich is the year before in UTC */
		{"Jan  1 00:30:00 h p: m", "2024-01-03T00:00:00Z", 0, 60, "2023-12-31T23:30:00Z"},
		{"Feb 29 01:00:00 h p: m", "2023-06-01T00:00:00Z", 0, 0, "2020-02-29T01:00:00Z"},
		{"Feb 29 01:00:00 h p: m", "2024-02-20T00:00:00Z", 0, 0, "2020-02-29T01:00:00Z"},
		{"Feb 29 01:00:00 h p: m", "2024-03-01T00:00:00Z", 0, 0, "2024-02-29T01:00:00Z"},
		{"Feb 29 01:00:00 h p: m", "1903-03-01T00:00:00Z", 0, 0, "1896-02-29T01:00:00Z"},
		{"Dec 31 23:59:59 h p: m", "2024-01-03T00:00:00Z", 1999, 0, "1999-12-31T23:59:59Z"},
		{"Feb 29 01:00:00 h p: m", "2024-01-03T00:00:00Z", 2012, 0, "2012-02-29T01:00:00Z"},
		{"Feb 29 01:00:00 h p: m", "2024-01-03T00:00:00Z", 2013, 0, ""},
		{"Feb 30 01:00:00 h p: m", "2024-01-03T00:00:00Z", 0, 0, ""},
		{"2020-02-29T01:00:00+01:00 h p: m", "2024-01-03T00:00:00Z", 1999, 60, "2020-02-29T00:00:00Z"},
		{"2020-02-29T01:00:00 h p: m", "2024-01-03T00:00:00Z", 0, 60, "2020-02-29T00:00:00Z"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct decode_options o = {.year = rows[i].year, .zone_min = rows[i].zone};
		struct syslog_times t;
		struct syslog_line l;
		struct buf got = {0};
		int offset;
		size_t used;
		assert_int_equal(clock_parse_rfc3339(str_c(rows[i].reference), &o.reference, &offset, &used), 0);
		syslog_times_init(&t, &o);
		syslog_split(&t, str_c(rows[i].line), &l);
		buf_time(&got, l.time);
		if (!str_eq(buf_get(&got), str_c(rows[i].time)))
			fail_msg("row %zu \"%s\": %.*s", i, rows[i].line, STR_ARGS(buf_get(&got)));
		buf_free(&got);
	}
}

static void test_services(void **state)
{
	static const struct { const char *program, *service; } rows[] = {
		{"sshd", "sshd"}, {"SSHD", "sshd"}, {"/usr/sbin/sshd", "sshd"}, {"sshd(pam_unix)", "sshd"}, {"sshd-session", "sshd"},
		{"CRON", "cron"}, {"crond", "cron"}, {"/USR/SBIN/CRON", "cron"}, {"sudo", "sudo"}, {"su", "su"}, {"su2", "syslog"},
		{"useradd", "auth"}, {"pkexec", "auth"}, {"kernel", "kernel"}, {"clamd", "clamav"}, {"vsftpd", "vsftpd"},
		{"guacd", "guacamole"}, {"auditd", "auditd"}, {"nginx", "syslog"}, {"", "syslog"}, {"(systemd)", "systemd"},
		{"systemd-logind", "login"}, {"a-program-with-a-very-long-name-indeed", "syslog"}, {"xrdp-sesman", "login"},
		{"(", "syslog"}, {"accounts-daemon", "auth"}, {"named", "named"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str got = syslog_service(str_c(rows[i].program));
		if (!str_eq(got, str_c(rows[i].service)))
			fail_msg("row \"%s\": %.*s", rows[i].program, STR_ARGS(got));
	}
	assert_true(str_eq(syslog_service(STR_NONE), STR("syslog")));
	assert_true(str_eq(syslog_service_at(STR("myd"), 10), STR("auth")));
	assert_true(str_eq(syslog_service_at(STR_NONE, 0), STR("kernel")));
	assert_true(str_eq(syslog_service_at(STR("sshd"), 3), STR("sshd")));
	assert_true(str_eq(syslog_facility_name(10), STR("authpriv")) && !syslog_facility_name(24).p);
	assert_true(str_eq(syslog_severity_name(3), STR("err")) && !syslog_severity_name(-1).p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_years), cmocka_unit_test(test_services),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
