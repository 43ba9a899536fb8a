#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "event/value.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void same_text(struct str got, const char *want, const char *row)
{
	if (!str_eq(got, str_c(want)))
		fail_msg("row \"%s\": got \"%.*s\", want \"%s\"", row, STR_ARGS(got), want);
}

static void test_keys(void **state)
{
	(void)state;
	struct keys *k = keys_new();
	uint32_t command = keys_add(k, STR("CommandLine")), image = keys_add(k, STR("Image"));
	assert_int_equal(command, 1);
	assert_int_equal(keys_add(k, STR("COMMANDLINE")), command);
	assert_int_equal(keys_find(k, STR("commandline")), command);
	assert_int_equal(keys_find(k, STR("CommandLin")), KEY_NONE);
	assert_int_equal(keys_find(k, STR("")), KEY_NONE);
	assert_int_equal(keys_find(k, STR("iMAGE")), image);
	same_text(keys_text(k, command), "CommandLine", "first spelling");
	assert_false(keys_means_system(k, keys_find(k, STR("Channel"))));
	uint32_t channel = keys_add(k, STR("channel"));
	assert_true(keys_means_system(k, channel));
	assert_false(keys_means_system(k, image));
	assert_false(keys_means_system(k, KEY_NONE));
	for (unsigned i = 0; i < 5000; i++) {
		char text[24];
		snprintf(text, sizeof text, "@[`{Field%u", i);
		assert_int_equal(keys_add(k, str_c(text)), 4 + i);
	}
	assert_int_equal(keys_find(k, STR("@[`{fIELD4999")), 5003);
	assert_int_equal(keys_find(k, STR("`{@[Field4999")), KEY_NONE);
	assert_int_equal(keys_count(k), 5003);
	keys_free(k);
	keys_free(NULL);
}

static void test_names(void **state)
{
	(void)state;
	struct keys *k = keys_new();
	uint32_t user = keys_add(k, STR("User"));
	struct names *n = names_new(k);
	uint32_t lower = names_intern(n, STR("user")), upper = names_intern(n, STR("USER"));
	assert_int_not_equal(lower, upper);
	assert_int_equal(names_key(n, lower), user);
	assert_int_equal(names_key(n, upper), user);
	assert_int_equal(names_intern(n, STR("user")), lower);
	same_text(names_text(n, upper), "USER", "spelling");
	assert_int_equal(names_key(n, names_intern(n, STR("other"))), KEY_NONE);
	names_begin_batch(n);
	assert_int_equal(names_epoch(n), 0);
	for (unsigned i = 0; i <= NAMES_KEEP; i++) {
		char text[24];
		snprintf(text, sizeof text, "n%u", i);
		names_intern(n, str_c(text));
	}
	assert_int_equal(names_intern(n, STR("user")), lower);
	names_begin_batch(n);
	assert_int_equal(names_epoch(n), 1);
	assert_int_equal(names_intern(n, STR("USER")), 0);
	assert_int_equal(names_key(n, 0), user);
	names_free(n);
	keys_free(k);
}

struct bench {
	struct keys *keys;
	struct names *names;
	struct arena *arena;
	struct event e;
};

static void bench_open(struct bench *b)
{
	static const char *const known[] = {"Channel", "EventID", "Level", "Image", "Computer"};
	b->keys = keys_new();
	for (size_t i = 0; i < COUNT(known); i++)
		keys_add(b->keys, str_c(known[i]));
	b->names = names_new(b->keys);
	b->arena = arena_new(0);
	event_init(&b->e, b->names, b->arena);
}

static void bench_close(struct bench *b)
{
	arena_free(b->arena);
	names_free(b->names);
	keys_free(b->keys);
}

/* space: 's' or 'd' */
static void add(struct bench *b, char space, const char *name, const char *text)
{
	assert_non_null(event_add_named(&b->e, space == 's' ? FIELD_SYSTEM : FIELD_DATA, str_c(name), VALUE_TEXT, str_c(text)));
}

static void test_spaces(void **state)
{
	(void)state;
	static const struct { const char *key, *want; } rows[] = {
		{"Level", "data"}, {"Channel", "Security"}, {"EventID", "1"}, {"Computer", "only-data"}, {"Image", "a|b"},
		{"Absent", ""},
	};
	struct bench b;
	bench_open(&b);
	add(&b, 's', "Level", "system");
	add(&b, 'd', "level", "data");
	add(&b, 'd', "Channel", "other");
	add(&b, 's', "Channel", "Security");
	add(&b, 's', "EventID", "1");
	add(&b, 'd', "Computer", "only-data");
	add(&b, 'd', "Image", "a");
	add(&b, 's', "Image", "hidden");
	add(&b, 'd', "IMAGE", "b");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf got = {0};
		uint32_t at = 0;
		const struct field *f;
		while ((f = event_next(&b.e, keys_find(b.keys, str_c(rows[i].key)), &at))) {
			if (got.n)
				buf_byte(&got, '|');
			buf_put(&got, f->data, f->size);
		}
		same_text(buf_get(&got), rows[i].want, rows[i].key);
		f = event_find(&b.e, str_c(rows[i].key));
		if (f && strncmp(f->data, rows[i].want, f->size) != 0)
			fail_msg("row \"%s\": event_find differs", rows[i].key);
		assert_true(!f == !*rows[i].want);
		buf_free(&got);
	}
	bench_close(&b);
}

static void test_limits(void **state)
{
	(void)state;
	struct bench b;
	bench_open(&b);
	uint32_t name = names_intern(b.names, STR("x"));
	for (uint32_t i = 0; i < EVENT_FIELDS_MAX; i++)
		assert_non_null(event_add(&b.e, FIELD_DATA, name, VALUE_TEXT, STR("v")));
	assert_null(event_add(&b.e, FIELD_DATA, name, VALUE_TEXT, STR("v")));
	assert_false(event_reserve(&b.e, 1));
	struct buf out = {0};
	event_json(&b.e, &out);
	assert_int_equal(out.n, strlen("{\"x\":[]}") + EVENT_FIELDS_MAX * 4 - 1);
	buf_free(&out);
	event_clear(&b.e);
	assert_true(event_reserve(&b.e, EVENT_FIELDS_MAX));
	assert_int_equal(b.e.time, TICKS_NONE);
	bench_close(&b);
}

static void test_people(void **state)
{
	(void)state;
	struct bench b;
	bench_open(&b);
	assert_null(event_host(&b.e).p);
	add(&b, 'd', "SubjectUserName", "-");
	add(&b, 'd', "targetusername", "anna");
	add(&b, 's', "Computer", "pc1");
	same_text(event_host(&b.e), "pc1", "host");
	same_text(event_user(&b.e), "anna", "user");
	bench_close(&b);
}

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void test_values(void **state)
{
	(void)state;
	const struct { enum value_kind kind; const uint8_t *p; size_t n; const char *text, *json; } rows[] = {
		{VALUE_NULL, NULL, 0, "", "null"},
		{VALUE_TEXT, BYTES('a', '"', '\n'), "a\"\n", "\"a\\\"\\n\""},
		{VALUE_TEXT, NULL, 0, "", "\"\""},
		{VALUE_NUMBER, BYTES('1', '.', '5', '0'), "1.50", "1.50"},
		{VALUE_NUMBER, BYTES('0', '1'), "01", "\"01\""},
		{VALUE_TRUE, NULL, 0, "true", "true"},
		{VALUE_FALSE, NULL, 0, "false", "false"},
		{VALUE_UTF16, BYTES('A', 0, 0xc4, 0, 0x3d, 0xd8, 0x00, 0xde, 0x00, 0xd8), "A\xc3\x84\xf0\x9f\x98\x80\xef\xbf\xbd",
		 "\"A\xc3\x84\xf0\x9f\x98\x80\xef\xbf\xbd\""},
		{VALUE_UTF16, BYTES('A', 0, 'B'), "A", "\"A\""},
		{VALUE_ANSI, BYTES('c', 0x80, 0xe9), "c\xe2\x82\xac\xc3\xa9", "\"c\xe2\x82\xac\xc3\xa9\""},
		{VALUE_ANSI, BYTES(0xc3, 0xa9), "\xc3\xa9", "\"\xc3\xa9\""},
		{VALUE_INT, BYTES(0xff), "-1", "-1"},
		{VALUE_INT, BYTES(0, 0, 0, 0, 0, 0, 0, 0x80), "-9223372036854775808", "-9223372036854775808"},
		{VALUE_INT, BYTES(0xd6, 0xff), "-42", "-42"},
		{VALUE_UINT, BYTES(0xff), "255", "255"},
		{VALUE_UINT, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), "18446744073709551615", "18446744073709551615"},
		{VALUE_UINT, BYTES(1, 2, 0xab), "0102AB", "\"0102AB\""},
		{VALUE_FLOAT, BYTES(0xcd, 0xcc, 0xcc, 0x3d), "0.1", "0.1"},
		{VALUE_FLOAT, BYTES(0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f), "0.1", "0.1"},
		{VALUE_FLOAT, BYTES(0, 0, 0, 0, 0, 0, 0xf0, 0x7f), "1.#INF", "\"1.#INF\""},
		{VALUE_FLOAT, BYTES(0, 0, 0x80, 0xff), "-1.#INF", "\"-1.#INF\""},
		{VALUE_FLOAT, BYTES(0, 0, 0xc0, 0xff), "-1.#IND", "\"-1.#IND\""},
		{VALUE_BOOL, BYTES(1, 0, 0, 0), "true", "true"},
		{VALUE_BOOL, BYTES(0, 0, 0, 0), "false", "false"},
		{VALUE_BINARY, BYTES(0, 0xab, 0x0f), "00AB0F", "\"00AB0F\""},
		{VALUE_BINARY, NULL, 0, "", "\"\""},
		{VALUE_GUID, BYTES(0x25, 0x96, 0x84, 0x54, 0x78, 0x54, 0x94, 0x49, 0xa5, 0xba, 0x3e, 0x3b, 3, 0x28, 0xc3, 0x0d),
		 "{54849625-5478-4994-A5BA-3E3B0328C30D}", "\"{54849625-5478-4994-A5BA-3E3B0328C30D}\""},
		{VALUE_GUID, BYTES(1, 2), "0102", "\"0102\""},
		{VALUE_HEX, BYTES(0x10, 0x14, 0, 0), "0x1410", "\"0x1410\""},
		{VALUE_HEX, BYTES(0, 0, 0, 0, 0, 0, 0, 0), "0x0", "\"0x0\""},
		{VALUE_HEX, BYTES(0, 0, 0, 0, 0, 0, 0x20, 0x80), "0x8020000000000000", "\"0x8020000000000000\""},
		{VALUE_FILETIME, BYTES(0, 0, 0, 0, 0, 0, 0, 0), "1601-01-01T00:00:00.0000000Z", "\"1601-01-01T00:00:00.0000000Z\""},
		{VALUE_FILETIME, BYTES(0x07, 0x80, 0x3e, 0xd5, 0xde, 0xb1, 0x9d, 0x01), "1970-01-01T00:00:00.0000007Z",
		 "\"1970-01-01T00:00:00.0000007Z\""},
		{VALUE_FILETIME, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), "18446744073709551615",
		 "\"18446744073709551615\""},
		{VALUE_SYSTEMTIME, BYTES(0xe7, 7, 7, 0, 3, 0, 19, 0, 9, 0, 3, 0, 40, 0, 0xc6, 2), "2023-07-19T09:03:40.710Z",
		 "\"2023-07-19T09:03:40.710Z\""},
		{VALUE_SID, BYTES(1, 2, 0, 0, 0, 0, 0, 5, 0x20, 0, 0, 0, 0x20, 2, 0, 0), "S-1-5-32-544", "\"S-1-5-32-544\""},
		{VALUE_SID, BYTES(1, 0, 0, 1, 0, 0, 0, 0), "S-1-0x100000000", "\"S-1-0x100000000\""},
		{VALUE_SID, BYTES(1, 9, 0, 0, 0, 0, 0, 5), "0109000000000005", "\"0109000000000005\""},
	};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct field f = {.data = rows[i].p, .size = (uint32_t)rows[i].n, .kind = (uint8_t)rows[i].kind};
		same_text(value_text(&f, a), rows[i].text, rows[i].json);
		char *folded = arena_bytes(a, value_text_max(&f)), *want = arena_bytes(a, UTF8_FOLD_MAX(strlen(rows[i].text)));
		struct str got = {folded, value_render_folded(&f, folded)};
		if (!str_eq(got, (struct str){want, utf8_fold(str_c(rows[i].text), want)}))
			fail_msg("row \"%s\": folded \"%.*s\"", rows[i].text, STR_ARGS(got));
		struct buf json = {0};
		value_json(&f, &json);
		same_text(buf_get(&json), rows[i].json, rows[i].text);
		buf_free(&json);
	}
	arena_free(a);
}

static void test_numbers(void **state)
{
	(void)state;
	const struct { enum value_kind kind; const uint8_t *p; size_t n; int err; double value; } rows[] = {
		{VALUE_INT, BYTES(0xfe), 0, -2}, {VALUE_UINT, BYTES(0xfe), 0, 254}, {VALUE_HEX, BYTES(0xff, 1, 0, 0), 0, 511},
		{VALUE_TEXT, BYTES('-', '1', '.', '5'), 0, -1.5}, {VALUE_UTF16, BYTES('0', 0, 'x', 0, '1', 0, 'f', 0), 0, 31},
		{VALUE_NUMBER, BYTES('1', 'e', '2'), 0, 100}, {VALUE_TEXT, BYTES('x'), ERR_FORMAT, 0},
		{VALUE_TEXT, NULL, 0, ERR_FORMAT, 0}, {VALUE_NULL, NULL, 0, ERR_FORMAT, 0},
		{VALUE_TRUE, NULL, 0, ERR_FORMAT, 0}, {VALUE_UINT, BYTES(1, 2, 3), ERR_FORMAT, 0},
		{VALUE_FLOAT, BYTES(0, 0, 0x80, 0x7f), ERR_FORMAT, 0}, {VALUE_FLOAT, BYTES(0, 0, 0x80, 0x3f), 0, 1},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct field f = {.data = rows[i].p, .size = (uint32_t)rows[i].n, .kind = (uint8_t)rows[i].kind};
		double got = 0;
		int err = value_number(&f, &got);
		if (err != rows[i].err || (!err && got != rows[i].value))
			fail_msg("row %zu: err %d, value %g", i, err, got);
	}
}

static void json_is(struct bench *b, const char *want)
{
	struct buf out = {0};
	event_json(&b->e, &out);
	same_text(buf_get(&out), want, want);
	buf_free(&out);
}

static void test_json(void **state)
{
	(void)state;
	struct bench b;
	bench_open(&b);
	json_is(&b, "{}");
	add(&b, 's', "host", "h");
	add(&b, 'd', "a", "1");
	add(&b, 'd', "b", "2");
	add(&b, 'd', "a", "3\n");
	add(&b, 'd', "host", "data");
	b.e.raw = STR("line \x1b");
	json_is(&b, "{\"host\":[\"h\",\"data\"],\"a\":[\"1\",\"3\\n\"],\"b\":\"2\",\"raw\":\"line \\u001b\"}");
	b.e.event_id = 1;
	b.e.raw = STR_NONE;
	json_is(&b, "{\"System\":{\"host\":\"h\"},\"a\":[\"1\",\"3\\n\"],\"b\":\"2\",\"host\":\"data\"}");
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys), cmocka_unit_test(test_names), cmocka_unit_test(test_spaces),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_people), cmocka_unit_test(test_values),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
