#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "report/fields.h"
#include "report/text.h"

static const struct {
	const char *text;
	unsigned columns, used;
	const char *want;
} text_cases[] = {
	{"plain", 10, 5, "plain"},
	{"plain", 5, 5, "plain"},
	{"plain", 4, 4, "pla…"},
	{"plain", 1, 1, "…"},
	{"plain", 0, 0, ""},
	{"", 3, 0, ""},
	{"tiếng Việt", 10, 10, "tiếng Việt"},
	{"tie\xcc\x82\xcc\x81ng", 5, 5, "tie\xcc\x82\xcc\x81ng"},	/* combining marks take no column */
	{"日本語", 6, 6, "日本語"},
	{"日本語", 5, 5, "日本…"},
	{"日本語", 4, 3, "日…"},
	{"a\tb\nc\rd", 10, 7, "a b c d"},
	{"\x1b[31mred", 10, 8, "\xef\xbf\xbd[31mred"},
	{"a\xc2\x9b" "b", 10, 3, "a\xef\xbf\xbd" "b"},		/* C1: the one-byte CSI */
	{"a\xff" "b", 10, 3, "a\xef\xbf\xbd" "b"},
	{"a\xe2\x80\xae" "b", 10, 3, "a\xef\xbf\xbd" "b"},		/* right-to-left override */
};

static void text_fits_its_columns(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof text_cases / sizeof text_cases[0]; i++) {
		struct buf b = {0};
		unsigned used = text_put(&b, str_c(text_cases[i].text), text_cases[i].columns);

		if (used != text_cases[i].used || !str_eq(buf_get(&b), str_c(text_cases[i].want)))
			fail_msg("row %zu: '%.*s' in %u columns", i, STR_ARGS(buf_get(&b)), used);
		buf_free(&b);
	}
}

static void amounts(void **state)
{
	static const struct { uint64_t n; const char *number, *bytes; } rows[] = {
		{0, "0", "0 bytes"}, {999, "999", "999 bytes"}, {1000, "1,000", "1000 bytes"},
		{1024, "1,024", "1.0 KiB"}, {1234567, "1,234,567", "1.2 MiB"},
		{UINT64_C(53687091200), "53,687,091,200", "50 GiB"},
		{UINT64_MAX, "18,446,744,073,709,551,615", "16 EiB"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf number = {0}, bytes = {0};

		text_number(&number, rows[i].n);
		text_bytes(&bytes, rows[i].n);
		if (!str_eq(buf_get(&number), str_c(rows[i].number)) || !str_eq(buf_get(&bytes), str_c(rows[i].bytes)))
			fail_msg("row %zu: %.*s, %.*s", i, STR_ARGS(buf_get(&number)), STR_ARGS(buf_get(&bytes)));
		buf_free(&number);
		buf_free(&bytes);
	}
}

/* --- formats --- */

static const struct str tags[] = {STR("attack.t1059.001"), STR("attack.execution"), STR("cve.2024-1")};
static const struct report_rule rules[] = {
	{STR("id-1"), STR("First, \"quoted\""), STR("high"), 3, tags, 3, STR_NONE, STR_NONE},
	{STR("id-2"), STR("=Second"), STR("low"), 1, NULL, 0, STR_NONE, STR_NONE},
};

static struct report_field text_field(struct str name, const char *value, enum value_kind kind)
{
	return (struct report_field){name, {.data = value, .size = (uint32_t)strlen(value), .kind = (uint8_t)kind}};
}

static struct report_finding finding(struct report_field fields[6])
{
	fields[0] = text_field(STR("Image"), "C:\\a\"b", VALUE_TEXT);
	fields[1] = text_field(STR("List"), "x", VALUE_TEXT);
	fields[2] = text_field(STR("List"), "7", VALUE_NUMBER);
	fields[3] = text_field(STR("Number"), "1.50", VALUE_NUMBER);
	fields[4] = text_field(STR("Nothing"), "", VALUE_NULL);
	fields[5] = text_field(STR("Yes"), "", VALUE_TRUE);
	return (struct report_finding){
		.id = "0123456789abcdef0123456789abcdef", .rule = &rules[0], .time = 0, .host = STR("h\x1b[1m"),
		.user = STR_NONE, .file = STR("/x/y.evtx"), .format = STR("evtx"), .record = 42, .fields = fields,
		.field_count = 6,
	};
}

static void jsonl(void **state)
{
	struct report_field fields[6];
	struct report_finding f = finding(fields);
	struct buf b = {0};

	(void)state;
	report_format_find("jsonl")->render(&f, &b);
	buf_byte(&b, '\0');
	assert_string_equal(b.p,
		"{\"id\":\"0123456789abcdef0123456789abcdef\",\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"high\","
		"\"rule_id\":\"id-1\",\"rule_title\":\"First, \\\"quoted\\\"\","
		"\"tags\":[\"attack.t1059.001\",\"attack.execution\",\"cve.2024-1\"],\"host\":\"h\\u001b[1m\",\"user\":null,"
		"\"source\":{\"file\":\"/x/y.evtx\",\"format\":\"evtx\",\"record\":42},"
		"\"fields\":{\"Image\":\"C:\\\\a\\\"b\",\"List\":[\"x\",7],\"Number\":1.50,\"Nothing\":null,\"Yes\":true}}");
	buf_free(&b);
}

static void csv(void **state)
{
	struct report_field fields[6];
	struct report_finding f = finding(fields);
	struct report_part part = {0, STR("id-1"), STR("First"), STR("/x"), 3};
	struct buf b = {0};

	(void)state;
	f.time = TICKS_NONE;
	f.field_count = 1;
	f.user = STR("=cmd|' /C calc'!A0");
	report_format_find("csv")->render(&f, &b);
	buf_byte(&b, '\0');
	assert_string_equal(b.p,
		",high,\"First, \"\"quoted\"\"\",\"h\xef\xbf\xbd[1m\",'=cmd|' /C calc'!A0,/x/y.evtx,evtx,42,id-1,"
		"attack.t1059.001 attack.execution cve.2024-1,0123456789abcdef0123456789abcdef,"
		"\"{\"\"Image\"\":\"\"C:\\\\a\\\"\"b\"\"}\",,,,,,,");
	buf_clear(&b);
	f.rule = &rules[1];
	f.host = STR("-x");
	f.user = STR("@y");
	report_format_find("csv")->render(&f, &b);
	buf_byte(&b, '\0');
	assert_non_null(strstr(b.p, ",low,'=Second,'-x,'@y,"));
	buf_clear(&b);
	f.host = STR("\xef\xbc\x9d" "1+1");		/* full-width = */
	f.user = STR("\n=1");
	report_format_find("csv")->render(&f, &b);
	buf_byte(&b, '\0');
	assert_non_null(strstr(b.p, ",'\xef\xbc\x9d" "1+1,\"'\n=1\","));
	buf_clear(&b);
	f.count = 12;
	f.parts = &part;
	f.part_count = 1;
	f.first_time = 0;
	f.last_time = TICKS_PER_SECOND;
	report_format_find("csv")->render(&f, &b);
	buf_byte(&b, '\0');
	assert_non_null(strstr(b.p, ",12,1970-01-01T00:00:00Z,1970-01-01T00:00:01Z,\"[{\"\"time\"\":\"\"1970-01-01T00:00:00Z\"\","
			       "\"\"rule_id\"\":\"\"id-1\"\",\"\"file\"\":\"\"/x\"\",\"\"record\"\":3}]\""));
	buf_free(&b);
}

static void check_width(struct str page, unsigned width)
{
	while (page.n) {
		struct str line = str_cut(&page, '\n');

		if (text_columns(line) > width)
			fail_msg("a line of %u columns in %u: %.*s", text_columns(line), width, STR_ARGS(line));
	}
}

static void table(void **state)
{
	static const unsigned widths[] = {80, 100, 160};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sink sink = {0};
		struct report r = {.format = report_format_find("table"), .style = {.width = widths[i], .rows = 1},
				   .rules = rules, .rule_count = 2, .sink = &sink};
		struct report_row row = {.time = 0, .rule = 0, .record = 7, .body = STR("host \x1b]0;x\a"),
			.file = STR("/a/very/long/path/that/goes/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/to/the/end.evtx")};

		assert_int_equal(0, report_begin(&r));
		assert_int_equal(0, report_add(&r, &row));
		row.rule = 1;
		row.time = 100 * TICKS_PER_SECOND;
		row.body = STR("");
		assert_int_equal(0, report_add(&r, &row));
		assert_int_equal(0, report_end(&r));
		buf_byte(&sink.buf, '\0');
		assert_non_null(strstr(sink.buf.p, "2 findings, 1970-01-01 00:00 to 1970-01-01 00:01 UTC"));
		assert_non_null(strstr(sink.buf.p, "T1059.001"));
		assert_non_null(strstr(sink.buf.p, "end.evtx:7"));
		assert_non_null(strstr(sink.buf.p, "... and 1 more: --rows 2"));
		assert_null(strchr(sink.buf.p, '\x1b'));
		check_width(buf_get(&sink.buf), widths[i]);
		buf_free(&sink.buf);
	}
}

/* --- the sink --- */

static void a_file_appears_when_it_is_whole(void **state)
{
	char folder[] = "/tmp/truc-test-XXXXXX", path[64], text[16] = "";
	struct sink s;
	struct stat st;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/out", folder);
	assert_int_equal(0, sink_open(&s, path));
	buf_text(&s.buf, "hello\n");
	assert_int_equal(0, sink_check(&s));
	assert_int_equal(-1, stat(path, &st));
	assert_int_equal(0, sink_close(&s, true));
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof text, f));
	fclose(f);
	assert_string_equal("hello\n", text);
	/* Not kept: the old one stays, and nothing is left beside it. */
	assert_int_equal(0, sink_open(&s, path));
	buf_text(&s.buf, "other\n");
	assert_int_equal(0, sink_close(&s, false));
	assert_int_equal(0, stat(path, &st));
	assert_int_equal(6, st.st_size);
	unlink(path);
	assert_int_equal(0, rmdir(folder));
	assert_int_equal(ERR_IO, sink_open(&s, "/nonexistent/folder/file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_fits_its_columns), cmocka_unit_test(amounts), cmocka_unit_test(jsonl),
		cmocka_unit_test(csv), cmocka_unit_test(table), cmocka_unit_test(a_file_appears_when_it_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
