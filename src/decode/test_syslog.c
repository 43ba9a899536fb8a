/* Syslog headers: tests/cases/decode/syslog.case, years, the log files of the shared data. */
#include "decode/syslog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/cases.h"
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
				     .stats = &x->stats, .emit = emit, .user = x, .first_record = 1, .offset = 1,
				     .state = syslog_format.state_new()};
}

static void teardown(struct fixture *x)
{
	syslog_format.state_free(x->ctx.state);
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

/* ---- whole blocks ------------------------------------------------------------------------------------------------ */

struct seen {
	uint64_t count, records[8];
	struct str first_raw;
	uint32_t flags;
};

static void look_seen(struct fixture *x, struct event *e)
{
	struct seen *s = x->looker;
	if (s->count < 8)
		s->records[s->count] = e->record;
	if (s->count++ == 0)
		s->first_raw = e->raw;
	s->flags = e->flags;
}

static void test_lines(void **state)
{
	static const struct {
		const char *row;
		struct str block;
		uint64_t events, last_record, nul, no_time;
	} rows[] = {
		{"empty", {"", 0}, 0, 0, 0, 0},
		{"blank", {"\n\r\n \t\n", 6}, 0, 0, 0, 0},
		{"blank lines count", {"\n\nJun 14 15:16:02 h p: m\n", 25}, 1, 3, 0, 0},
		{"no end", {"Jun 14 15:16:02 h p: m\nx", 24}, 2, 2, 0, 1},
		{"continued", {"Jun 14 15:16:02 h p: m\n\tx\n", 26}, 2, 2, 0, 0},
		{"NUL", {"\0\0\n", 3}, 1, 1, 1, 1},
		{"bad date", {"Feb 30 15:16:02 h p: m\n", 23}, 1, 1, 0, 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fixture x;
		struct seen s = {0};
		setup(&x);
		x.look = look_seen;
		x.looker = &s;
		syslog_format.decode(&x.ctx, rows[i].block);
		uint64_t last = s.count ? s.records[s.count - 1] : 0;
		if (s.count != rows[i].events || last != rows[i].last_record || x.stats.events != s.count ||
		    x.stats.count[DECODE_TEXT_NUL] != rows[i].nul || x.stats.count[DECODE_TEXT_TIME] != rows[i].no_time ||
		    x.stats.used_bytes != rows[i].block.n)
			fail_msg("row \"%s\": %d events, last %d, NUL %d, time %d", rows[i].row, (int)s.count, (int)last,
				 (int)x.stats.count[DECODE_TEXT_NUL], (int)x.stats.count[DECODE_TEXT_TIME]);
		teardown(&x);
	}
}

static void test_long_line(void **state)
{
	static const struct decode_format *const formats[] = {&syslog_format, &text_format};
	size_t n = DECODE_LINE_MAX + 100;
	char *bytes = malloc(n);
	(void)state;
	memset(bytes, 'x', n);
	memcpy(bytes, "Jun 14 15:16:02 h p: ", 21);
	bytes[n - 1] = '\n';
	for (size_t i = 0; i < 2; i++) {
		struct fixture x;
		struct seen s = {0};
		setup(&x);
		x.look = look_seen;
		x.looker = &s;
		formats[i]->decode(&x.ctx, (struct str){bytes, n});
		assert_int_equal(s.count, 1);
		assert_int_equal(s.first_raw.n, DECODE_LINE_MAX);
		assert_int_equal(s.flags, EVENT_PARTIAL);
		assert_int_equal(x.stats.count[DECODE_TEXT_LONG], 1);
		assert_int_equal(x.stats.bytes[DECODE_TEXT_LONG], 99);
		teardown(&x);
	}
	free(bytes);
}

static void test_text(void **state)
{
	struct fixture x;
	struct buf out = {0};
	(void)state;
	setup(&x);
	x.options.zone_min = 120;
	x.out = &out;
	text_format.decode(&x.ctx, STR("hello\r\n\n2021-06-14 15:16:02,5 x\n2021-06-14T15:16:02Z y\n2021-13-14 z"));
	assert_true(str_eq(buf_get(&out), STR("match\n.message=hello\nmatch\ntime=2021-06-14T13:16:02.500Z\n"
					      ".message=2021-06-14 15:16:02,5 x\nmatch\ntime=2021-06-14T15:16:02Z +0\n"
					      ".message=2021-06-14T15:16:02Z y\nmatch\n.message=2021-13-14 z\n")));
	assert_int_equal(x.stats.events, 4);
	buf_free(&out);
	teardown(&x);
}

static void test_sniff(void **state)
{
	static const struct { const char *row; struct str head; const char *format; } rows[] = {
		{"file", {"Jun 14 15:16:02 pc p: m\nJun 14 15:16:03 pc q[7]: n\nJun 14 15:1", 58}, "syslog"},
		{"one line cut", {"Jun 14 15:16:02 pc p: m", 23}, "syslog"},
		{"5424", {"<34>1 2003-10-11T22:14:15Z h app - - - x\n", 41}, "syslog"},
		{"forwarded", {"<38>Oct 11 22:14:15 h su: x\n", 28}, "syslog"},
		{"rsyslog's ISO times", {"2020-05-31T00:00:45.698463+00:00 localhost p: m\n", 48}, "syslog"},
		{"continued", {"Jun 14 15:16:02 pc p: m\n\tat x\n\tat y\n\tat z\n", 42}, "syslog"},
		{"dpkg", {"2023-01-01 12:00:00 status installed a:amd64 1.0\n", 49}, "text"},
		{"apache", {"192.0.2.7 - - [01/Jan/2021:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n", 67}, "access"},
		{"prose", {"The quick brown fox\njumps over\n", 31}, "text"},
		{"one header in prose", {"a\nb\nJun 14 15:16:02 pc p: m\nc\nd\ne\n", 33}, "text"},
		{"latin-1", {"caf\xe9 au lait, s'il vous pla\xeet\n", 30}, "text"},
		{"binary", {"\x7f" "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0", 24}, NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct decode_format *f = decode_sniff(rows[i].head);
		const char *got = f ? f->name : "none";
		if (strcmp(got, rows[i].format ? rows[i].format : "none") != 0)
			fail_msg("row \"%s\": %s", rows[i].row, got);
	}
}

/* A file written over New Year, told by its date in January. */
static void look_times(struct fixture *x, struct event *e)
{
	int64_t *last = x->looker;
	if (e->time == TICKS_NONE || e->time < *last)
		fail_msg("line %d goes back", (int)e->record);
	*last = e->time;
}

static void test_new_year(void **state)
{
	struct fixture x;
	int64_t last = day(2023, 12, 30);
	(void)state;
	setup(&x);
	x.options.reference = day(2024, 1, 2);
	x.look = look_times;
	x.looker = &last;
	syslog_format.decode(&x.ctx, STR("Dec 30 12:00:00 h p: a\nDec 31 23:59:59 h p: b\nJan  1 00:00:00 h p: c\n"
					 "Jan  2 11:00:00 h p: d\n"));
	assert_int_equal(x.stats.events, 4);
	assert_true(last == day(2024, 1, 2) + 11 * 3600 * TICKS_PER_SECOND);
	teardown(&x);
}

/* ---- shared data: loghub's lines beside its own split of them ----------------------------------------------------- */

struct table {
	struct str rest;	/* of the CSV */
	struct buf cell;
	unsigned line, differ;
	bool linux_columns;
};

/* The next cell of a CSV row; quotes doubled inside quotes. */
static struct str next_cell(struct table *t)
{
	buf_clear(&t->cell);
	bool quoted = t->rest.n && t->rest.p[0] == '"';
	size_t i = quoted;
	for (; i < t->rest.n; i++) {
		char c = t->rest.p[i];
		if (quoted && c == '"' && i + 1 < t->rest.n && t->rest.p[i + 1] == '"')
			i++;
		else if (quoted && c == '"')
			quoted = false, c = '\0';
		else if (!quoted && (c == ',' || c == '\n' || c == '\r'))
			break;
		if (c)
			buf_byte(&t->cell, c);
	}
	bool comma = i < t->rest.n && t->rest.p[i] == ',';
	t->rest = str_skip(t->rest, i + comma);
	return buf_get(&t->cell);
}

static struct str text_of(const struct event *e, const char *name)
{
	const struct field *f = event_find(e, str_c(name));
	return f ? value_text(f, e->arena) : STR("");
}

static void expect(struct table *t, struct event *e, const char *what, struct str got, struct str want)
{
	if (str_eq(str_trim(got), str_trim(want)))
		return;
	if (t->differ++ < 10)
		fprintf(stderr, "line %u %s: got \"%.*s\" want \"%.*s\"\n  %.*s\n", t->line, what, STR_ARGS(got), STR_ARGS(want),
			STR_ARGS(e->raw));
}

static void look_row(struct fixture *x, struct event *e)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct table *t = x->looker;
	struct civil c;
	char number[32];
	t->line++;
	assert_true(e->time != TICKS_NONE);
	clock_to_civil(e->time, &c);
	next_cell(t);
	expect(t, e, "month", str_c(months[c.month - 1]), next_cell(t));
	snprintf(number, sizeof number, "%d", c.day);
	expect(t, e, "day", str_c(number), next_cell(t));
	snprintf(number, sizeof number, "%02d:%02d:%02d", c.hour, c.minute, c.second);
	expect(t, e, "time", str_c(number), next_cell(t));
	expect(t, e, "host", text_of(e, "host"), next_cell(t));
	if (t->linux_columns) {
		struct str tag = text_of(e, "tag");
		expect(t, e, "tag", tag.n ? tag : text_of(e, "program"), next_cell(t));
	} else {
		expect(t, e, "program", text_of(e, "program"), STR("sshd"));
	}
	expect(t, e, "pid", text_of(e, "pid"), next_cell(t));
	expect(t, e, "message", text_of(e, "message"), next_cell(t));
	str_cut(&t->rest, '\n');
}

static bool read_shared(struct arena *a, struct str *out, const char *name)
{
	const char *shared = getenv("TRUC_SHARED");
	struct str path = arena_printf(a, "%s/data/logs/%s", shared ? shared : "../shared", name);
	if (io_read_file(path.p, 16 << 20, a, out) == 0)
		return true;
	print_message("SKIP: no %s\n", path.p);
	return false;
}

static void run_loghub(const char *log, const char *csv, bool linux_columns)
{
	struct fixture x;
	struct str lines = STR_NONE, table = STR_NONE;
	struct arena *files = arena_new(0);
	setup(&x);
	if (!read_shared(files, &lines, log) || !read_shared(files, &table, csv)) {
		arena_free(files);
		teardown(&x);
		skip();
	}
	struct table t = {.rest = table, .linux_columns = linux_columns};
	str_cut(&t.rest, '\n');
	x.options.year = 2005;
	x.look = look_row;
	x.looker = &t;
	syslog_format.decode(&x.ctx, lines);
	assert_int_equal(t.line, 2000);
	assert_int_equal(t.differ, 0);
	assert_true(decode_sniff(str_head(lines, 65536)) == &syslog_format);
	buf_free(&t.cell);
	arena_free(files);
	teardown(&x);
}

static void test_loghub_openssh(void **state)
{
	(void)state;
	run_loghub("openssh/loghub_OpenSSH_2k.log", "openssh/loghub_OpenSSH_2k.log_structured.csv", false);
}

static void test_loghub_linux(void **state)
{
	(void)state;
	run_loghub("linux/loghub_Linux_2k.log", "linux/loghub_Linux_2k.log_structured.csv", true);
}

/* Every file of dialects is told as syslog and gives an event for each line that is not blank. */
static void test_dialects(void **state)
{
	static const struct { const char *file; unsigned events, no_time; } rows[] = {
		{"syslog", 18, 1}, {"syslog_chromeos", 9, 0}, {"syslog_cron.log", 9, 0}, {"syslog_osx", 2, 0},
		{"syslog_rsyslog", 5, 0}, {"syslog_rsyslog_ForwardFormat", 2, 1}, {"syslog_rsyslog_SysklogdFileFormat", 10, 1},
		{"syslog_rsyslog_SyslogProtocol23Format", 10, 1}, {"syslog_rsyslog_TraditionalForwardFormat", 2, 1},
		{"syslog_rsyslog_traditional", 11, 1}, {"syslog_ssh.log", 9, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fixture x;
		struct str text;
		struct arena *files = arena_new(0);
		char name[100];
		setup(&x);
		x.options.reference = day(2016, 1, 1);
		snprintf(name, sizeof name, "syslog/%s", rows[i].file);
		bool there = read_shared(files, &text, name);
		if (there) {
			syslog_format.decode(&x.ctx, text);
			if (decode_sniff(text) != &syslog_format || x.stats.events != rows[i].events ||
			    x.stats.count[DECODE_TEXT_TIME] != rows[i].no_time)
				fail_msg("%s: %s, %d events, %d without time", rows[i].file, decode_sniff(text)->name,
					 (int)x.stats.events, (int)x.stats.count[DECODE_TEXT_TIME]);
		}
		arena_free(files);
		teardown(&x);
		if (!there)
			skip();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_years), cmocka_unit_test(test_services),
		cmocka_unit_test(test_lines), cmocka_unit_test(test_long_line), cmocka_unit_test(test_text),
		cmocka_unit_test(test_sniff), cmocka_unit_test(test_new_year), cmocka_unit_test(test_loghub_openssh),
		cmocka_unit_test(test_loghub_linux), cmocka_unit_test(test_dialects),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
