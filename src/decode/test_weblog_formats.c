/* access and weberror: told from content, broken lines kept and counted, the same behind a syslog header. */
#include "decode/weblog_formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decode/syslog.h"
#include "event/value.h"

#define LINE "192.0.2.1 - eve [10/Oct/2000:13:55:36 -0700] \"GET /a?b HTTP/1.0\" 200 5"
#define NGINX "2023/11/15 12:49:01 [error] 1#1: *5 x, client: 192.0.2.5, server: e"

static void write_event(void *user, struct event *e)
{
	struct buf *out = user;
	buf_printf(out, "%llu ", (unsigned long long)e->record);
	buf_time(out, e->time);
	buf_printf(out, " %.*s/%.*s/%.*s%s", STR_ARGS(e->product), STR_ARGS(e->service), STR_ARGS(e->category),
		   e->flags & EVENT_PARTIAL ? " partial" : "");
	for (uint32_t i = 0; i < e->field_count; i++) {
		buf_byte(out, ' ');
		buf_str(out, names_text(e->names, e->fields[i].name));
		buf_byte(out, '=');
		buf_str(out, value_text(&e->fields[i], e->arena));
	}
	buf_byte(out, '\n');
}

static void check(const struct decode_format *f, const char *text, const char *want, uint64_t broken)
{
	struct decode_options options = {.year = 2020};
	struct decode_stats stats = {0};
	struct buf out = {0};
	struct decode_ctx c = {.arena = arena_new(0), .names = names_new(NULL), .options = &options, .stats = &stats,
			       .emit = write_event, .user = &out, .first_record = 1,
			       .state = f->state_new ? f->state_new() : NULL};
	f->decode(&c, str_c(text));
	if (!str_eq(buf_get(&out), str_c(want)))
		fail_msg("%s\n--- want\n%s--- got\n%.*s", text, want, STR_ARGS(buf_get(&out)));
	assert_int_equal(stats.count[DECODE_TEXT_FORMAT], broken);
	if (f->state_free)
		f->state_free(c.state);
	names_free(c.names);
	arena_free(c.arena);
	buf_free(&out);
}

static void test_lines(void **state)
{
	(void)state;
	check(&access_format, LINE "\nthe quick brown fox\n\n" LINE " \"cut",
	      "1 2000-10-10T20:55:36Z webserver//webserver c-ip=192.0.2.1 cs-username=eve cs-method=GET cs-uri-stem=/a"
	      " cs-uri-query=b cs-version=HTTP/1.0 sc-status=200 sc-bytes=5\n"
	      "2  webserver//webserver partial message=the quick brown fox\n"
	      "4 2000-10-10T20:55:36Z webserver//webserver partial c-ip=192.0.2.1 cs-username=eve cs-method=GET cs-uri-stem=/a"
	      " cs-uri-query=b cs-version=HTTP/1.0 sc-status=200 sc-bytes=5 cs-referer=cut\n", 2);
	check(&weberror_format, NGINX "\nPHP Warning: x\n",
	      "1 2023-11-15T12:49:01Z nginx/nginx/webserver level=error pid=1 tid=1 connection=5 message=x c-ip=192.0.2.5"
	      " server=e\n"
	      "2  webserver//webserver partial message=PHP Warning: x\n", 1);
}

/* Behind a header the program tells whose line it is; the message's own time counts. */
static void test_payload(void **state)
{
	(void)state;
	check(&syslog_format, "Oct 10 23:00:00 www nginx: " LINE "\n",
	      "1 2000-10-10T20:55:36Z nginx/nginx/webserver host=www program=nginx c-ip=192.0.2.1 cs-username=eve cs-method=GET"
	      " cs-uri-stem=/a cs-uri-query=b cs-version=HTTP/1.0 sc-status=200 sc-bytes=5\n", 0);
	check(&syslog_format, "Oct 10 23:00:00 www httpd[7]: [core:error] [pid 3:tid 4] [client 192.0.2.1:5] AH00126: x\n",
	      "1 2020-10-10T23:00:00Z apache/apache/webserver host=www program=httpd pid=7 module=core level=error pid=3 tid=4"
	      " c-ip=192.0.2.1 c-port=5 code=AH00126 message=AH00126: x\n", 0);
	check(&syslog_format, "Oct 10 23:00:00 www nginx: " NGINX "\n",
	      "1 2023-11-15T12:49:01Z nginx/nginx/webserver host=www program=nginx level=error pid=1 tid=1 connection=5 message=x"
	      " c-ip=192.0.2.5 server=e\n", 0);
	/* another program's line that looks like one */
	check(&syslog_format, "Oct 10 23:00:00 www app: " LINE "\n",
	      "1 2020-10-10T23:00:00Z linux/syslog/ host=www program=app message=" LINE "\n", 0);
}

static void test_sniff(void **state)
{
	static const struct { const char *text, *format; } rows[] = {
		{LINE "\n" LINE "\n", "access"}, {LINE "\nrubbish\n", "access"}, {LINE "\nrubbish\nmore\n", "text"},
		{LINE, "access"}, {LINE "\n192.0.2.1 - - [10/O", "access"}, {"\xEF\xBB\xBF" LINE "\n", "access"},
		{NGINX "\n", "weberror"}, {"[Sun Dec 04 04:47:44 2005] [notice] x\n", "weberror"},
		{"[Sun Dec 04 04:47:44 2005] x\n", "text"}, {"Oct 10 23:00:00 www nginx: " LINE "\n", "syslog"},
		{"2023/11/15 12:49:01 something\n", "text"},
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
		cmocka_unit_test(test_lines), cmocka_unit_test(test_payload), cmocka_unit_test(test_sniff),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
