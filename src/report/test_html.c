#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/lang.h"
#include "report/attack.h"
#include "report/fields.h"
#include "report/html.h"

static void escapes(void **state)
{
	static const struct { struct str in; const char *json, *text; } rows[] = {
		{STR("\"plain\""), "\"plain\"", "&quot;plain&quot;"},
		{STR("</script><script>alert(1)</script>"),
		 "\\u003c/script\\u003e\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
		 "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"},
		{STR("<!--<script>"), "\\u003c!--\\u003cscript\\u003e", "&lt;!--&lt;script&gt;"},
		{STR("a&amp;b]]>"), "a\\u0026amp;b]]\\u003e", "a&amp;amp;b]]&gt;"},
		{STR("l\xe2\x80\xa8p\xe2\x80\xa9q\xe2\x80\xaa"), "l\\u2028p\\u2029q\xe2\x80\xaa", "l[U+2028]p[U+2029]q[U+202A]"},
		{STR("cut \xe2\x80"), "cut \xe2\x80", "cut \xef\xbf\xbd\xef\xbf\xbd"},
		{STR("x\0y\x1b[31m\t\n"), NULL, "x[U+0000]y[U+001B][31m  "},
		{STR("rtl\xe2\x80\xae" "gpj.exe"), NULL, "rtl[U+202E]gpj.exe"},
		{STR("\xff\xed\xa0\x80"), NULL, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf json = {0}, text = {0};

		html_put_json(&json, rows[i].in);
		html_put_text(&text, rows[i].in);
		if (rows[i].json && !str_eq(buf_get(&json), str_c(rows[i].json)))
			fail_msg("row %zu as JSON: %.*s", i, STR_ARGS(buf_get(&json)));
		if (!str_eq(buf_get(&text), str_c(rows[i].text)))
			fail_msg("row %zu as text: %.*s", i, STR_ARGS(buf_get(&text)));
		buf_free(&json);
		buf_free(&text);
	}
}

/* --- a whole page of hostile values --- */

#define EVIL "</script><script>top.evil=1</script><img src=x onerror=top.evil=1>'\"\xe2\x80\xa8&lt;"

static const struct str tags[] = {STR("attack.t1059.001"), STR("attack.execution"), STR(EVIL)};
static const struct report_rule rules[] = {
	{STR("id-0"), STR("Never met"), STR("low"), 1, NULL, 0, STR_NONE, STR_NONE},
	{STR(EVIL "id"), STR(EVIL "title"), STR("high"), 3, tags, 3, STR(EVIL "description"), STR_NONE},
};

static struct report_field field(struct str name, struct str value)
{
	return (struct report_field){name, {.data = value.p, .size = (uint32_t)value.n, .kind = VALUE_TEXT}};
}

static struct report_finding evil_finding(const struct report_field *fields, uint32_t count)
{
	static const struct report_part parts[] = {{0, STR(EVIL), STR(EVIL), STR(EVIL), 3}, {TICKS_NONE, STR("r"), STR_NONE, STR("f"), 4}};
	static const struct report_indicator indicator = {STR(EVIL), STR(EVIL), STR(EVIL), TICKS_NONE};
	static const struct report_geo geo = {STR("192.0.2.1"), STR(EVIL), STR(EVIL), STR(EVIL), 7};

	return (struct report_finding){
		.id = "0123456789abcdef0123456789abcdef", .rule = &rules[1], .time = 0, .host = STR(EVIL "host"),
		.user = STR(EVIL "user"), .file = STR(EVIL "file"), .format = STR("evtx"), .record = UINT64_MAX,
		.fields = fields, .field_count = count, .parts = parts, .part_count = 2, .count = 9, .first_time = 0,
		.last_time = 5, .indicator = &indicator, .geo = &geo, .geo_count = 1,
	};
}

static unsigned count_of(struct str text, const char *what)
{
	unsigned n = 0;
	ptrdiff_t at;

	while ((at = str_find(text, str_c(what))) >= 0) {
		text = str_skip(text, (size_t)at + 1);
		n++;
	}
	return n;
}

static void make_page(const struct report_finding *f, unsigned times, const struct report_facts *facts, struct sink *sink)
{
	struct report r = {.format = report_format_find("html"), .rules = rules, .rule_count = 2, .sink = sink, .facts = facts};
	struct buf body = {0};

	r.format->render(f, &body);
	assert_int_equal(0, report_begin(&r));
	for (unsigned i = 0; i < times; i++) {
		struct report_row row = {f->time, 1, f->file, f->record, buf_get(&body)};

		assert_int_equal(0, report_add(&r, &row));
	}
	assert_int_equal(0, report_end(&r));
	buf_free(&body);
}

static void hostile_values_are_no_markup(void **state)
{
	struct report_field fields[] = {field(STR(EVIL), STR(EVIL)), field(STR("n\0l"), STR("\xff\0"))};
	struct report_finding f = evil_finding(fields, 2);
	struct report_gap gap = {"name", EVIL, 3, 4, true, STR(EVIL "\n")};
	struct report_facts facts = {.files = 1, .first_event = TICKS_NONE, .gaps = &gap, .gap_count = 1, .compared = EVIL};
	struct sink sink = {0};

	(void)state;
	make_page(&f, 3, &facts, &sink);
	/* The script and the style name no element either: every '<' is the document's own. */
	assert_int_equal(4, count_of(buf_get(&sink.buf), "<script"));	/* rows, more, about, the page's */
	assert_int_equal(4, count_of(buf_get(&sink.buf), "</script>"));
	assert_int_equal(0, count_of(buf_get(&sink.buf), "<img"));
	assert_int_equal(0, count_of(buf_get(&sink.buf), "\xe2\x80\xa8"));
	assert_true(count_of(buf_get(&sink.buf), "\\u003cimg src=x onerror=top.evil=1\\u003e") > 20);
	assert_true(count_of(buf_get(&sink.buf), "&lt;img src=x onerror=top.evil=1&gt;") > 3);
	assert_int_equal(0, count_of(buf_get(&sink.buf), "http://") - count_of(buf_get(&sink.buf), "http://www.w3.org/2000/svg"));
	assert_int_equal(0, count_of(buf_get(&sink.buf), "https://"));
	assert_int_equal(1, count_of(buf_get(&sink.buf), "default-src 'none'; script-src 'sha256-"));
	assert_int_equal(0, count_of(buf_get(&sink.buf), "unsafe"));
	assert_int_equal(1, count_of(buf_get(&sink.buf), "\"n\":[\"18446744073709551615\",\"18446744073709551615\""));
	buf_free(&sink.buf);
}

static void details_of_a_finding(void **state)
{
	struct report_field fields[] = {field(STR("a"), STR("x\"")), field(STR("b"), STR("")), field(STR("b"), STR("2"))};
	struct report_finding f = {.id = "0123456789abcdef0123456789abcdef", .rule = &rules[0], .time = TICKS_NONE,
				   .format = STR("json"), .fields = fields, .field_count = 3};
	struct buf out = {0}, brief = {0};

	(void)state;
	fields[1].field.kind = VALUE_NULL;
	fields[2].field.kind = VALUE_NUMBER;
	html_details(&f, &out);
	report_put_brief(&f, &brief);
	buf_byte(&out, '\0');
	buf_byte(&brief, '\0');
	assert_string_equal(out.p, "{\"id\":\"0123456789abcdef0123456789abcdef\",\"format\":\"json\","
				   "\"fields\":[[\"a\",\"x\\\"\"],[\"b\",null],[\"b\",\"2\"]]}");
	assert_string_equal(brief.p, "a: x\"  b:   b: 2");
	buf_free(&out);
	buf_free(&brief);
}

/* A megabyte in one value, and 256 fields of it, stay bounded and say so. */
static void long_values_are_cut(void **state)
{
	static char megabyte[1 << 20];
	static struct report_field fields[256];
	struct report_finding f = {.id = "0123456789abcdef0123456789abcdef", .rule = &rules[0], .time = TICKS_NONE,
				   .format = STR("json"), .fields = fields, .field_count = 1};
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i + 1 < sizeof megabyte; i += 2)
		memcpy(megabyte + i, "\xc3\xa9", 2);
	for (size_t i = 0; i < 256; i++)
		fields[i] = field(STR("f"), str_n(megabyte + 1, sizeof megabyte - 1));
	html_details(&f, &out);
	assert_int_equal(1, count_of(buf_get(&out), "\",1048575]]]}"));
	/* The first byte is half a character and became U+FFFD; the cut leaves none. */
	assert_int_equal(1, count_of(buf_get(&out), "\xef\xbf\xbd"));
	assert_true(out.n > HTML_VALUE_BYTES && out.n < HTML_VALUE_BYTES + 200);
	buf_clear(&out);
	f.field_count = 256;
	html_details(&f, &out);
	assert_true(out.n < HTML_DETAIL_BYTES + HTML_VALUE_BYTES + 200);
	assert_int_equal(1, count_of(buf_get(&out), ",\"fields_left\":240"));
	buf_free(&out);
}

static void a_noisy_rule_is_bounded(void **state)
{
	struct report_finding f = {.id = "0123456789abcdef0123456789abcdef", .rule = &rules[1], .time = 0, .format = STR("json")};
	struct sink sink = {.fd = -1};
	char want[80];

	(void)state;
	/* The sink keeps all: its buffer is only flushed from SINK_FLUSH_BYTES on, to nowhere. */
	sink.fd = fileno(tmpfile());
	make_page(&f, HTML_RULE_ROWS + 5, NULL, &sink);
	snprintf(want, sizeof want, "\"total\":%u,\"listed\":%u,", HTML_RULE_ROWS + 5, HTML_RULE_ROWS);
	assert_int_equal(1, count_of(buf_get(&sink.buf), want));
	assert_int_equal(0, sink.error);
	buf_free(&sink.buf);
}

static void the_plain_page_speaks_both_languages(void **state)
{
	static const struct { enum lang lang; const char *want[4]; } rows[] = {
		{LANG_EN, {"<html lang=\"en\">", "<h1>Threat hunt report</h1>", "<h2>Machines</h2>", "The worst findings"}},
		{LANG_VI, {"<html lang=\"vi\">", "<h1>Báo cáo săn lùng mối nguy hại</h1>", "<h2>Máy</h2>", "nghiêm trọng"}},
	};
	struct report_finding f = {.id = "0123456789abcdef0123456789abcdef", .rule = &rules[1], .time = 0, .format = STR("json")};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sink sink = {0};

		lang_set(rows[i].lang);
		make_page(&f, 1, NULL, &sink);
		for (size_t k = 0; k < 4; k++) {
			if (!count_of(buf_get(&sink.buf), rows[i].want[k]))
				fail_msg("no '%s' in language %zu", rows[i].want[k], i);
		}
		buf_free(&sink.buf);
	}
	lang_set(LANG_EN);
}

static void techniques(void **state)
{
	static const struct { struct str tag; const char *want; } rows[] = {
		{STR("attack.t1059.001"), "{\"T1059.001\":[\"PowerShell\",[3]],\"T1059\":[\"Command and Scripting Interpreter\",[3]]"},
		{STR("attack.T1053"), "{\"T1053\":[\"Scheduled Task/Job\",[3,4,5]]"},
		{STR("attack.t1027"), "{\"T1027\":[\"Obfuscated Files or Information\",[6,7,8]]"},
		{STR("attack.t1059.999"), "{\"T1059\":[\"Command and Scripting Interpreter\",[3]]"},
		{STR("attack.t9999"), "{"}, {STR("attack.execution"), "{"}, {STR("cve.2024-1"), "{"}, {STR("attack.t"), "{"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf b = {0};

		buf_byte(&b, '{');
		attack_put_technique(&b, rows[i].tag);
		if (!str_eq(buf_get(&b), str_c(rows[i].want)))
			fail_msg("row %zu: %.*s", i, STR_ARGS(buf_get(&b)));
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes), cmocka_unit_test(hostile_values_are_no_markup), cmocka_unit_test(details_of_a_finding),
		cmocka_unit_test(long_values_are_cut), cmocka_unit_test(a_noisy_rule_is_bounded),
		cmocka_unit_test(the_plain_page_speaks_both_languages), cmocka_unit_test(techniques),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
