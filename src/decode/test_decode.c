/* The tables of formats and causes, telling formats apart, UTF-16 input. */
#include "decode/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf16.h"

static void test_causes(void **state)
{
	(void)state;
	for (int i = 0; i < DECODE_CAUSES; i++) {
		assert_non_null(decode_cause_name(i));
		assert_non_null(decode_cause_text(i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(decode_cause_name(i), decode_cause_name(k));
	}
}

static void test_formats(void **state)
{
	(void)state;
	for (size_t i = 0; decode_formats[i]; i++) {
		const struct decode_format *f = decode_formats[i];

		assert_non_null(f->name);
		assert_non_null(f->summary);
		assert_non_null(f->sniff);
		assert_int_equal(!f->decode, f->unit == DECODE_UNIT_JOURNAL);
		assert_int_equal(!f->state_new, !f->state_free);
		assert_int_equal(f->sniff(STR("")), 0);
	}
}

static const struct {
	const char *row;
	struct str head;
	const char *format;	/* NULL: none */
	enum decode_unit unit;
} sniffs[] = {
	{"nothing", {"", 0}, NULL, 0},
	{"rubbish", {"\x01\x02\x80\x00\xff\x00\x13\x37\x90\x00\x00\x07", 12}, NULL, 0},
	{"lines", STR("{\"a\":1}\n{\"b\":2}\n"), "json", DECODE_UNIT_LINE},
	{"one line", STR(" {\"a\":[1,{}]}"), "json", DECODE_UNIT_LINE},
	{"a long line, cut", STR("{\"a\":\"0123"), "json", DECODE_UNIT_LINE},
	{"mark, blank lines, NUL", {"\xef\xbb\xbf\r\n\0\n{\"a\":1}", 14}, "json", DECODE_UNIT_LINE},
	{"first line broken", STR("a\":1}\n{\"b\":2}\n{\"c\":3}\n"), "json", DECODE_UNIT_LINE},
	{"first object open", STR("{\"a\":\n{\"b\":2}\n{\"c\":3}\n"), "json", DECODE_UNIT_LINE},
	{"pretty", STR("{\n  \"a\": 1\n}\n"), "json", DECODE_UNIT_OBJECT},
	{"concatenated", STR("{\"a\":1}{\"b\":2}"), "json", DECODE_UNIT_OBJECT},
	{"array", STR("[ {\"a\":1},\n {\"b\":2}]"), "json", DECODE_UNIT_OBJECT},
	{"array of lines", STR("[\n{\"a\":1},\n{\"b\":2}\n]\n"), "json", DECODE_UNIT_OBJECT},
	{"UTF-16", {"\xff\xfe{\0\"\0a\0\"\0:\0" "1\0}\0\n\0", 18}, "json", DECODE_UNIT_LINE},
	{"UTF-16, big", {"\xfe\xff\0{\0\"\0a\0\"\0:\0" "1\0}\0\n", 18}, "json", DECODE_UNIT_LINE},
	{"Apache's error log", STR("[Sun Dec 04 04:47:44 2005] [error] x\n"), "weberror", DECODE_UNIT_LINE},
	{"a block of C", STR("{ int x; }\n"), "text", DECODE_UNIT_LINE},
	{"syslog with JSON", STR("Jan  2 03:04:05 h app[1]: {\"a\":1}\n"), "syslog", DECODE_UNIT_LINE},
	{"journal", {"LPKSHHRH\0\0\0\0\0\0", 14}, "journal", DECODE_UNIT_JOURNAL},
};

static void test_sniff(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sniffs / sizeof *sniffs; i++) {
		const struct decode_format *f = decode_sniff(sniffs[i].head);
		const char *name = f ? f->name : NULL;

		if (!name != !sniffs[i].format || (name && strcmp(name, sniffs[i].format)) ||
		    (f && f->unit != sniffs[i].unit))
			fail_msg("%s: taken for %s", sniffs[i].row, name ? name : "nothing");
	}
}

static const struct {
	const char *row;
	struct str in;
	const char *out;
} utf16s[] = {
	{"empty", {"\xff\xfe", 2}, ""},
	{"little", {"\xff\xfe" "a\0\xe9\0", 6}, "a\xc3\xa9"},
	{"big", {"\xfe\xff\0a\0\xe9", 6}, "a\xc3\xa9"},
	{"pair, little", {"\xff\xfe\x3d\xd8\x00\xde!\0", 8}, "\xf0\x9f\x98\x80!"},
	{"pair, big", {"\xfe\xff\xd8\x3d\xde\x00\0!", 8}, "\xf0\x9f\x98\x80!"},
	{"odd byte", {"\xff\xfe" "a\0b", 5}, "a\xef\xbf\xbd"},
	{"high surrogate at the end", {"\xff\xfe\x3d\xd8", 4}, "\xef\xbf\xbd"},
	{"high surrogate and odd byte", {"\xfe\xff\xd8\x3d\xde", 5}, "\xef\xbf\xbd\xef\xbf\xbd"},
	{"low surrogate alone", {"\xff\xfe\x00\xde!\0", 6}, "\xef\xbf\xbd!"},
	{"a mark inside stays", {"\xff\xfe" "a\0\xff\xfe", 6}, "a\xef\xbb\xbf"},
};

/* Whole, and in pieces of each length. */
static void test_utf16(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof utf16s / sizeof *utf16s; i++) {
		struct str in = utf16s[i].in;
		struct buf out = {0};

		for (size_t step = 1; step <= in.n; step++) {
			struct utf16_reader u = {0};

			buf_clear(&out);
			if (!utf16_is_marked(in, &u.big_endian))
				fail_msg("%s: not taken for UTF-16", utf16s[i].row);
			for (size_t at = 0; at < in.n; at += step)
				utf16_add(&u, str_head(str_skip(in, at), step), at + step >= in.n, &out);
			if (!str_eq(buf_get(&out), str_c(utf16s[i].out)))
				fail_msg("%s: steps of %zu give '%.*s'", utf16s[i].row, step, STR_ARGS(buf_get(&out)));
		}
		buf_free(&out);
	}
}

/* Longer than the converter's piece, with a pair across every border. */
static void test_utf16_long(void **state)
{
	enum { UNITS = 30001 };
	char *in = malloc(2 + 2 * UNITS);
	struct utf16_reader u = {0};
	struct buf out = {0};

	(void)state;
	memcpy(in, "\xff\xfe", 2);
	memcpy(in + 2, "a\0", 2);
	for (size_t i = 1; i + 1 < UNITS; i += 2)
		memcpy(in + 2 + 2 * i, "\x3d\xd8\x00\xde", 4);
	utf16_add(&u, (struct str){in, 2 + 2 * UNITS}, true, &out);
	assert_int_equal(out.n, 1 + (UNITS - 1) / 2 * 4);
	for (size_t i = 1; i < out.n; i += 4)
		assert_memory_equal(out.p + i, "\xf0\x9f\x98\x80", 4);
	buf_free(&out);
	free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_sniff),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_utf16_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
