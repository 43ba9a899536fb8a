#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "hunt/compare.h"

#define LINE(rule, time, host, file, record, fields) \
	"{\"id\":\"x\",\"time\":" time ",\"level\":\"high\",\"rule_id\":\"" rule "\",\"host\":" host ",\"source\":{\"file\":\"" file \
	"\",\"format\":\"json\",\"record\":" record "},\"fields\":" fields "}"
#define BASE LINE("r", "\"2024-05-01T10:00:02Z\"", "\"h\"", "/a/x.json", "1", "{\"A\":\"1\",\"B\":[\"x\",2],\"C\":null}")

static const struct { const char *line; bool same; } key_cases[] = {
	{BASE, true},
	/* Another folder, another id, level and title; other members; spaces; escapes; another spelling of a number. */
	{LINE("r", "\"2024-05-01T10:00:02Z\"", "\"h\"", "/other/place/x.json", "1", "{\"A\":\"1\",\"B\":[\"x\",2],\"C\":null}"), true},
	{"{ \"rule_id\": \"r\", \"rule_title\":\"t\", \"time\":\"2024-05-01T10:00:02Z\",\"host\":\"\\u0068\","
	 "\"fields\":{\"A\":\"1\",\"B\":[\"x\",2.0],\"C\":null}, \"source\":{\"record\":1,\"file\":\"x.json\"},\"geo\":[],\"event\":{}}", true},
	{"{\"rule_id\":\"r\",\"time\":\"2024-05-01T10:00:02Z\",\"host\":\"h\",\"source\":{\"record\":1,\"file\":\"x.json\"},"
	 "\"fields\":{\"A\":\"1\",\"B\":[\"x\",2.0],\"C\":null},\"indicator\":{\"type\":\"url\",\"value\":\"x\"}}", false},
	{LINE("s", "\"2024-05-01T10:00:02Z\"", "\"h\"", "/a/x.json", "1", "{\"A\":\"1\",\"B\":[\"x\",2],\"C\":null}"), false},
	{LINE("r", "null", "\"h\"", "/a/x.json", "1", "{\"A\":\"1\",\"B\":[\"x\",2],\"C\":null}"), false},
	{LINE("r", "\"2024-05-01T10:00:02Z\"", "null", "/a/x.json", "1", "{\"A\":\"1\",\"B\":[\"x\",2],\"C\":null}"), false},
	{LINE("r", "\"2024-05-01T10:00:02Z\"", "\"h\"", "/a/y.json", "1", "{\"A\":\"1\",\"B\":[\"x\",2],\"C\":null}"), false},
	{LINE("r", "\"2024-05-01T10:00:02Z\"", "\"h\"", "/a/x.json", "2", "{\"A\":\"1\",\"B\":[\"x\",2],\"C\":null}"), false},
	{LINE("r", "\"2024-05-01T10:00:02Z\"", "\"h\"", "/a/x.json", "1", "{\"A\":1,\"B\":[\"x\",2],\"C\":null}"), false},
	{LINE("r", "\"2024-05-01T10:00:02Z\"", "\"h\"", "/a/x.json", "1", "{\"A\":\"1\",\"B\":[\"x2\"],\"C\":null}"), false},
	{LINE("r", "\"2024-05-01T10:00:02Z\"", "\"h\"", "/a/x.json", "1", "{\"A\":\"1\",\"B\":[\"x\",2],\"C\":\"\"}"), false},
	{LINE("r", "\"2024-05-01T10:00:02Z\"", "\"h\"", "/a/x.json", "1", "{\"A\":\"1\",\"B\":[\"x\",2]}"), false},
};

static void keys(void **state)
{
	uint64_t base, key;

	(void)state;
	assert_int_equal(0, compare_key(STR(BASE), 5, &base));
	for (size_t i = 0; i < sizeof key_cases / sizeof key_cases[0]; i++) {
		assert_int_equal(0, compare_key(str_c(key_cases[i].line), 5, &key));
		if ((key == base) != key_cases[i].same)
			fail_msg("row %zu is %s", i, key == base ? "the same" : "another");
	}
	assert_int_equal(0, compare_key(STR(BASE), 6, &key));
	assert_true(key != base);
}

static void what_is_no_finding(void **state)
{
	static const char *const rows[] = {
		"", "{}", "null", "[1]", "{\"rule_id\":\"r\"}", "time,level,rule_title", "<!DOCTYPE html>", "{\"rule_id\":", BASE "x",
		"{\"rule_id\":1,\"time\":null,\"host\":null,\"source\":{\"file\":\"f\",\"record\":1},\"fields\":{}}",
		"{\"rule_id\":\"r\",\"time\":null,\"host\":null,\"source\":{\"file\":\"f\"},\"fields\":{}}",
		"{\"rule_id\":\"r\",\"time\":null,\"host\":null,\"source\":{\"file\":\"f\",\"record\":1},\"fields\":[]}",
	};
	uint64_t key = 77;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (compare_key(str_c(rows[i]), 0, &key) != ERR_FORMAT || key != 77)
			fail_msg("row %zu was taken: %s", i, rows[i]);
	}
}

/* --- files --- */

static char folder[] = "/tmp/truc-test-XXXXXX", path[64];

static int open_text(struct str text, char error[400], struct compare **out)
{
	assert_int_equal(0, io_write_file(path, text, true));
	return compare_open(path, error, out);
}

static void files_that_are_refused(void **state)
{
	static const struct { const char *text, *want; } rows[] = {
		{"time,level,rule_title,host\r\n", "line 1: a CSV;"}, {"\n\n<!DOCTYPE html>\n", "line 3: a page in HTML;"},
		{"{\"message\":\"x\"}\n", "made for Timesketch"}, {"{\"a\":1}\n" BASE "\n", "JSON, but no finding"},
		{"\x7f" "ELF", "no JSON"}, {"[]\n", "no JSON"},
	};
	struct compare *c = NULL;
	char error[400];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		*error = '\0';
		if (open_text(str_c(rows[i].text), error, &c) != ERR_FORMAT || c || !strstr(error, rows[i].want))
			fail_msg("row %zu: '%s'", i, error);
	}
	assert_int_equal(ERR_NOENT, compare_open("/nonexistent/file", error, &c));
	assert_non_null(strstr(error, "/nonexistent/file: No such file"));
}

static struct report_finding finding(const char *file, const struct report_field *fields, uint32_t count)
{
	static const struct report_rule rule = {STR("r"), STR("T"), STR("high"), 3, NULL, 0, STR_NONE, STR_NONE};

	return (struct report_finding){.id = "0123456789abcdef0123456789abcdef", .rule = &rule, .time = 0, .host = STR("h"),
		.user = STR_NONE, .file = str_c(file), .format = STR("json"), .record = 7, .fields = fields, .field_count = count};
}

/* What a report writes is known again; kinds and bad bytes included. */
static void a_report_knows_itself(void **state)
{
	struct report_field fields[] = {
		{STR("a"), {.data = "x\xff\0y", .size = 4, .kind = VALUE_TEXT}}, {STR("n"), {.data = "1.50", .size = 4, .kind = VALUE_NUMBER}},
		{STR("l"), {.data = "a", .size = 1, .kind = VALUE_TEXT}}, {STR("l"), {.kind = VALUE_NULL}}, {STR("t"), {.kind = VALUE_TRUE}},
		{STR("big"), {.data = "123456789012345678901234567890", .size = 30, .kind = VALUE_NUMBER}},
	};
	struct report_finding f = finding("/old/evidence/x.json", fields, 6), moved = finding("./x.json", fields, 6);
	struct report_finding other = finding("/old/evidence/x.json", fields, 5);
	struct compare_figures figures;
	struct compare *c;
	struct buf text = {0}, scratch = {0};
	char error[400];

	(void)state;
	report_format_find("jsonl")->render(&f, &text);
	buf_text(&text, "\nbad\n\n");
	report_format_find("jsonl")->render(&f, &text);
	buf_text(&text, "\n{\"x\":\n" BASE);
	assert_int_equal(0, open_text(buf_get(&text), error, &c));
	assert_true(compare_has(c, &moved, &scratch));
	assert_true(compare_has(c, &f, &scratch));
	assert_false(compare_has(c, &other, &scratch));
	compare_figures(c, &figures);
	assert_int_equal(2, figures.old);
	assert_int_equal(1, figures.seen);
	assert_int_equal(2, figures.bad_lines);
	assert_int_equal(2, figures.place_count);
	assert_int_equal(2, figures.places[0]);
	assert_int_equal(5, figures.places[1]);
	compare_free(c);
	buf_free(&text);
	buf_free(&scratch);
}

static void many_findings(void **state)
{
	struct buf text = {0};
	struct compare_figures figures;
	struct compare *c;
	char error[400];
	uint64_t key;

	(void)state;
	for (unsigned i = 0; i < 20000; i++)
		buf_printf(&text, LINE("r%u", "null", "null", "f", "1", "{}") "\n", i % 15000);
	assert_int_equal(0, open_text(buf_get(&text), error, &c));
	compare_figures(c, &figures);
	assert_int_equal(15000, figures.old);
	assert_int_equal(0, figures.seen);
	compare_free(c);
	assert_int_equal(0, compare_key(str_head(buf_get(&text), (size_t)str_find_byte(buf_get(&text), '\n')), 0, &key));
	/* Nothing found last time: an empty report is one. */
	assert_int_equal(0, open_text(STR(""), error, &c));
	compare_figures(c, &figures);
	assert_int_equal(0, figures.old);
	compare_free(c);
	buf_free(&text);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/old", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys), cmocka_unit_test(what_is_no_finding), cmocka_unit_test(files_that_are_refused),
		cmocka_unit_test(a_report_knows_itself), cmocka_unit_test(many_findings),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
