/* Web servers' lines: tests/cases/weblog, and every expectation of the shared samples. */
#include "weblog/weblog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/cases.h"
#include "event/value.h"
#include "weblog/weblog_naive.h"

typedef enum decode_result (*line_fn)(struct weblog *w, struct str line, struct event *e);

struct fixture {
	struct arena *arena;
	struct names *names;
	struct weblog w;
	line_fn decode;
};

static void setup(struct fixture *x, line_fn decode, int zone_min)
{
	memset(x, 0, sizeof *x);
	x->arena = arena_new(0);
	x->names = names_new(NULL);
	x->decode = decode;
	weblog_begin(&x->w, x->names, zone_min);
}

static void teardown(struct fixture *x)
{
	names_free(x->names);
	arena_free(x->arena);
}

static void write_event(const struct event *e, struct buf *out)
{
	if (e->time != TICKS_NONE) {
		buf_text(out, "@time=");
		buf_time(out, e->time);
		if (e->offset_min != CLOCK_NO_OFFSET)
			buf_printf(out, " %+d", e->offset_min);
		buf_byte(out, '\n');
	}
	buf_printf(out, "@source=%.*s %.*s %.*s\n", STR_ARGS(e->product.p ? e->product : STR("-")),
		   STR_ARGS(e->service.p ? e->service : STR("-")), STR_ARGS(e->category));
	for (uint32_t i = 0; i < e->field_count; i++) {
		buf_str(out, names_text(e->names, e->fields[i].name));
		buf_byte(out, '=');
		case_escape(value_text(&e->fields[i], e->arena), out);
		buf_byte(out, '\n');
	}
}

static void decode_case(void *user, struct str input, struct buf *out)
{
	static const char *const words[] = {"match\n", "partial\n", "miss\n"};
	struct fixture *x = user;
	struct event e;
	event_init(&e, x->names, x->arena);
	enum decode_result r = x->decode(&x->w, input, &e);
	buf_text(out, words[r]);
	if (r != DECODE_MISS)
		write_event(&e, out);
	else
		assert_int_equal(e.field_count, 0);
}

static void set_case(void *user, struct str name, struct str value)
{
	struct fixture *x = user;
	if (!str_eq(name, STR("log")))
		fail_msg("no setting %.*s", STR_ARGS(name));
	x->decode = str_eq(value, STR("error")) ? weblog_error : weblog_access;
}

static void test_cases(void **state)
{
	static const char *const files[] = {"tests/cases/weblog/access.case", "tests/cases/weblog/error.case"};
	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct fixture x;
		struct case_run r = {.path = files[i], .decode = decode_case, .set = set_case, .user = &x};
		struct arena *file = arena_new(0);
		struct str text;
		setup(&x, weblog_access, 420);
		assert_int_equal(io_read_file(r.path, 1 << 20, file, &text), 0);
		case_file(&r, text);
		if (r.failures || r.cases == 0)
			fail_msg("%u of %u cases of %s failed", r.failures, r.cases, files[i]);
		arena_free(file);
		teardown(&x);
	}
}

static void test_addresses(void **state)
{
	static const struct { const char *text; bool ip; } rows[] = {
		{"192.0.2.1", true}, {"0.0.0.0", true}, {"256.0.0.1", false}, {"1.2.3", false}, {"1.2.3.4.5", false}, {"1..2.3", false},
		{"1.2.3.", false}, {"::", true}, {"::1", true}, {"2001:db8::1", true}, {"::ffff:192.0.2.1", true}, {"fe80::1%eth0", true},
		{"12:34", false}, {"example.org:80", false}, {"www", false}, {"1:2:3:4:5:6:7:8:9:a", false}, {"12345::1", false},
	};
	static const struct { const char *text; bool list; } lists[] = {
		{"192.0.2.1", true}, {"192.0.2.1, 2001:db8::1", true}, {"192.0.2.1,", false}, {"", false}, {"-", false},
		{"192.0.2.1 192.0.2.2", false}, {"192.0.2.1, unknown", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (weblog_is_ip(str_c(rows[i].text)) != rows[i].ip)
			fail_msg("%s", rows[i].text);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (weblog_is_addresses(str_c(lists[i].text)) != lists[i].list)
			fail_msg("%s", lists[i].text);
}

/* --- shared samples --- */

static bool read_shared(const char *name, struct arena *a, struct str *text)
{
	const char *shared = getenv("TRUC_SHARED");
	char path[512];
	if (!shared) {
		print_message("SKIP: no $TRUC_SHARED\n");
		return false;
	}
	snprintf(path, sizeof path, "%s/data/logs/%s", shared, name);
	if (io_read_file(path, 1 << 24, a, text) == 0)
		return true;
	print_message("SKIP: no %s\n", path);
	return false;
}

static struct str field(const struct event *e, const char *name)
{
	const struct field *f = event_find(e, str_c(name));
	return f ? value_text(f, e->arena) : STR_NONE;
}

/* Every line but one of the two access logs is a whole line, read as the naive reading reads it. */
static void test_access_samples(void **state)
{
	static const struct { const char *file; unsigned lines, partial; } rows[] = {
		{"apache/plaso_apache_access.log", 15, 1}, {"apache/webshell_tomcat_access.log", 2661, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *file = arena_new(0);
		struct fixture x;
		struct str text;
		unsigned lines = 0, partial = 0;
		setup(&x, weblog_access, 0);
		if (!read_shared(rows[i].file, file, &text))
			text = STR_NONE;
		for (bool any = text.n > 0; text.n;) {
			struct str line = str_cut(&text, '\n');
			struct weblog_parts a, b;
			struct event e;
			event_init(&e, x.names, x.arena);
			enum decode_result r = weblog_access(&x.w, line, &e);
			assert_true(any && r != DECODE_MISS && naive_split(line, &b) && weblog_split(line, &a));
			assert_true(str_eq(a.request, b.request) && str_eq(a.user, b.user) && str_eq(a.rest, b.rest));
			assert_true(field(&e, "c-ip").n && field(&e, "sc-status").n == 3);
			lines++;
			partial += r == DECODE_PARTIAL;
		}
		if (lines && (lines != rows[i].lines || partial != rows[i].partial))
			fail_msg("%s: %u lines, %u cut", rows[i].file, lines, partial);
		teardown(&x);
		arena_free(file);
	}
}

/* One line of the table, which gives fields after a number: a quoted one holds commas. */
static struct str csv_value(struct str *rest)
{
	if (!str_starts(*rest, STR("\"")))
		return str_cut(rest, ',');
	struct str s = str_skip(*rest, 1);
	ptrdiff_t end = str_find(s, STR("\","));
	*rest = str_skip(s, (size_t)end + 2);
	return str_head(s, (size_t)end);
}

/* Apache's error log against the table that splits each of its lines: time, level, content. */
static void test_error_sample(void **state)
{
	struct arena *file = arena_new(0);
	struct fixture x;
	struct str log, table;
	unsigned lines = 0;
	(void)state;
	setup(&x, weblog_error, 0);
	if (!read_shared("apache/loghub_Apache_2k.log", file, &log) ||
	    !read_shared("apache/loghub_Apache_2k.log_structured.csv", file, &table))
		log = STR_NONE;
	for (bool any = log.n > 0; any && log.n; lines++) {
		struct str line = str_trim(str_cut(&log, '\n')), row, content;
		struct event e;
		if (lines == 0)
			str_cut(&table, '\n');
		row = str_cut(&table, '\n');
		str_cut(&row, ',');
		struct str time = csv_value(&row), level = csv_value(&row);
		content = csv_value(&row);
		int64_t ticks = 0;
		event_init(&e, x.names, x.arena);
		assert_int_equal(weblog_error(&x.w, line, &e), DECODE_MATCH);
		assert_true(weblog_apache_time(time, &ticks) && ticks == e.time);
		assert_true(str_eq(field(&e, "level"), level));
		struct str client = field(&e, "c-ip"), message = field(&e, "message");
		if (client.p)
			message = arena_printf(x.arena, "[client %.*s] %.*s", STR_ARGS(client), STR_ARGS(message));
		if (!str_eq(message, content))
			fail_msg("line %u: %.*s, not %.*s", lines + 1, STR_ARGS(message), STR_ARGS(content));
	}
	if (lines && lines != 2000)
		fail_msg("%u lines", lines);
	teardown(&x);
	arena_free(file);
}

/* What Sekoia's cases of plain text lines expect (their ECS names as ours). */
static void test_expectations(void **state)
{
	static const struct { const char *file; bool error; const char *want[20]; } rows[] = {
		{"apache/sekoia_cases/access_combined.json", false,
		 {"c-ip", "127.0.0.1", "cs-username", "userfoo", "cs-method", "GET", "cs-uri-stem", "/apache_pb.gif", "cs-version",
		  "HTTP/1.0", "sc-status", "200", "sc-bytes", "2326", "cs-referer", "http://www.example.com/start.html",
		  "cs-user-agent", "Mozilla/4.08 [en] (Win98; I ;Nav)"}},
		{"apache/sekoia_cases/access_extended.json", false,
		 {"cs-host", "mydomain", "s-port", "443", "c-ip", "1.2.3.4", "cs-uri-stem", "/test/integration/abcdefgh123456.js",
		  "sc-status", "200", "sc-bytes", "5771", "cs-version", "HTTP/1.1"}},
		{"apache/sekoia_cases/access_failure_2.json", false,
		 {"c-ip", "1.2.3.4", "sc-status", "404", "sc-bytes", "7363", "cs-uri-stem", "/robots.txt.exe"}},
		{"apache/sekoia_cases/access_success.json", false,
		 {"c-ip", "1.2.3.4", "cs-method", "POST", "cs-referer", "https://app.testing.fr/App/6", "sc-bytes", "377"}},
		{"apache/sekoia_cases/common_log_format.json", false,
		 {"cs-username", "frank", "cs-method", "GET", "cs-version", "HTTP/1.0", "sc-bytes", "2326"}},
		{"apache/sekoia_cases/error_2.json", true,
		 {"pid", "35708", "tid", "4328636416", "c-ip", "1.1.1.1", "level", "error", "module", "core"}},
		{"apache/sekoia_cases/modsecurity.json", true,
		 {"pid", "11852", "tid", "4036848496", "c-ip", "1.1.1.1", "c-port", "35323", "cs-host", "website.corp.net",
		  "cs-uri-stem", "/Liste.aspx", "id", "973338", "severity", "CRITICAL", "unique_id", "Xt2vlKC-YX738FovDc0GkwAAAAs"}},
		{"apache/sekoia_cases/process_id.json", true,
		 {"pid", "24237", "level", "info", "message", "AH01991: SSL input filter read failed."}},
		{"nginx/sekoia_cases/combined.json", false,
		 {"c-ip", "51.255.128.104", "sc-bytes", "537", "cs-referer", "http://app.sekoia.io/sic/", "cs-user-agent",
		  "Go-http-client/1.1"}},
		{"nginx/sekoia_cases/extended.json", false,
		 {"cs-host", "rdp.acme.com", "c-ip", "1.2.3.4", "cs-uri-stem", "/lib/example.txt", "cs-uri-query",
		  "key1=111111&time=1566455309850", "cs-x-forwarded-for", "1.2.3.4, 4.3.2.1"}},
		{"nginx/sekoia_cases/extended_emptybyte.json", false,
		 {"cs-host", "rdp.acme.com", "cs-method", "POST", "cs-uri-stem", "/update_pc_list.php", "cs-user-agent",
		  "Mozilla/4.0 (compatible; Win32; WinHttp.WinHttpRequest.5)"}},
		{"nginx/sekoia_cases/json_OCSP_error_02.json", true,
		 {"level", "warn", "responder", "ocsp.whatever.com", "certificate", "/etc/ssl/nginx/certificate.pem", "message",
		  "no resolver defined to resolve ocsp.whatever.com while requesting certificate status"}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *file = arena_new(0);
		struct fixture x;
		struct str text;
		struct event e;
		setup(&x, rows[i].error ? weblog_error : weblog_access, 0);
		event_init(&e, x.names, x.arena);
		if (read_shared(rows[i].file, file, &text)) {
			/* "message": "..." of the case, without JSON's own escapes */
			size_t at = (size_t)str_find(text, STR("\"message\": \"")) + 12, n = 0;
			char *line = arena_bytes(file, text.n);
			for (; text.p[at] != '"'; at++)
				line[n++] = text.p[at] == '\\' ? text.p[++at] : text.p[at];
			assert_int_not_equal(x.decode(&x.w, str_n(line, n), &e), DECODE_MISS);
			for (size_t k = 0; k + 1 < 20 && rows[i].want[k]; k += 2)
				if (!str_eq(field(&e, rows[i].want[k]), str_c(rows[i].want[k + 1])))
					fail_msg("%s: %s is '%.*s'", rows[i].file, rows[i].want[k], STR_ARGS(field(&e, rows[i].want[k])));
		}
		teardown(&x);
		arena_free(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_addresses), cmocka_unit_test(test_access_samples),
		cmocka_unit_test(test_error_sample), cmocka_unit_test(test_expectations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
