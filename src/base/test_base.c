#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void same_text(struct str got, const char *want, const char *row)
{
	if (!str_eq(got, str_c(want)))
		fail_msg("row \"%s\": got \"%.*s\", want \"%s\"", row, STR_ARGS(got), want);
}

static void test_str_numbers(void **state)
{
	static const struct { const char *text; int err; double value; } rows[] = {
		{"0", 0, 0}, {"-1.5", 0, -1.5}, {"+7", 0, 7}, {"0x1f", 0, 31}, {"0xFFFFFFFFFFFFFFFF", 0, 18446744073709551615.0},
		{"1e3", 0, 1000}, {".5", 0, .5}, {"5.", 0, 5}, {"", ERR_FORMAT, 0}, {"-", ERR_FORMAT, 0}, {".", ERR_FORMAT, 0},
		{"1e", ERR_FORMAT, 0}, {"1x", ERR_FORMAT, 0}, {"nan", ERR_FORMAT, 0}, {"inf", ERR_FORMAT, 0},
		{"0x", ERR_FORMAT, 0}, {"0x1.8p1", ERR_FORMAT, 0}, {"1e999", ERR_RANGE, 0}, {"1 ", ERR_FORMAT, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double v = 0;
		int err = str_to_double(str_c(rows[i].text), &v);
		if (err != rows[i].err || (!err && fabs(v - rows[i].value) > 0))
			fail_msg("row \"%s\": err %d value %g", rows[i].text, err, v);
	}
	uint64_t u;
	int64_t s;
	assert_int_equal(str_to_u64(STR("18446744073709551615"), &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(str_to_u64(STR("18446744073709551616"), &u), ERR_RANGE);
	assert_int_equal(str_to_i64(STR("-9223372036854775808"), &s), 0);
	assert_true(s == INT64_MIN);
	assert_int_equal(str_to_i64(STR("9223372036854775808"), &s), ERR_RANGE);
}

static void test_str_slices(void **state)
{
	(void)state;
	struct str rest = STR("a,b,,c");
	same_text(str_cut(&rest, ','), "a", "cut 1");
	same_text(str_cut(&rest, ','), "b", "cut 2");
	same_text(str_cut(&rest, ','), "", "cut 3");
	same_text(str_cut(&rest, ','), "c", "cut 4");
	assert_null(rest.p);
	same_text(str_trim(STR(" \t x y\r\n")), "x y", "trim");
	assert_int_equal(str_find(STR("needle in hay"), STR("in")), 7);
	assert_int_equal(str_find(STR("abc"), STR("abcd")), -1);
	assert_true(str_starts_nocase(STR("HTTP/1.1"), STR("http")));
	assert_true(str_cmp(STR("a"), STR("ab")) < 0 && str_cmp(STR("b"), STR("ab")) > 0 && str_cmp(STR("a"), STR("a")) == 0);
	assert_true(str_eq(STR_NONE, STR("")));
}

static void test_arena(void **state)
{
	(void)state;
	struct arena *a = arena_new(1024);
	for (int round = 0; round < 3; round++) {
		char *text[200];
		for (size_t i = 0; i < COUNT(text); i++) {
			text[i] = arena_alloc(a, i * 7);
			assert_true(((uintptr_t)text[i] & 15) == 0);
			memset(text[i], (int)i, i * 7);
		}
		for (size_t i = 0; i < COUNT(text); i++)
			for (size_t k = 0; k < i * 7; k++)
				assert_int_equal((unsigned char)text[i][k], i);
		assert_true(arena_used(a) >= 199 * 200 / 2 * 7);
		arena_reset(a);
		assert_int_equal(arena_used(a), 0);
	}
	char *p = arena_bytes(a, 100);
	arena_trim(a, p, 100, 10);
	assert_ptr_equal(arena_bytes(a, 1), p + 10);
	same_text(arena_printf(a, "%d-%s", 7, "x"), "7-x", "printf");
	arena_free(a);
	arena_free(NULL);
}

static void test_map(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct map *m = map_new(4);
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(map_put(m, arena_printf(a, "key %u", i), i), i);
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(map_get(m, arena_printf(a, "key %u", i)), i);
	assert_int_equal(map_put(m, STR("key 7"), 9), 7);
	assert_int_equal(map_get(m, STR("key 5000")), MAP_NONE);
	assert_int_equal(map_put(m, STR_NONE, 3), 3);
	assert_int_equal(map_get(m, STR("")), 3);
	assert_int_equal(map_count(m), 5001);
	map_free(m);
	arena_free(a);
}

static void test_utf8_bad_bytes(void **state)
{
	static const struct { const char *in, *out; bool valid; } rows[] = {
		{"plain", "plain", true}, {"\xC3\xA9", "\xC3\xA9", true}, {"\xC3", "\xEF\xBF\xBD", false},
		{"a\x80z", "a\xEF\xBF\xBDz", false}, {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD", false},
		{"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", false},	/* a surrogate */
		{"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", false},
		{"\xFF\xFE", "\xEF\xBF\xBD\xEF\xBF\xBD", false}, {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80", true},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = {0};
		buf_utf8(&b, str_c(rows[i].in));
		same_text(buf_get(&b), rows[i].out, rows[i].out);
		assert_int_equal(utf8_is_valid(str_c(rows[i].in)), rows[i].valid);
		assert_true(utf8_is_valid(buf_get(&b)));
		buf_free(&b);
	}
}

/* The vector paths against one code point at a time, on every length and position around their width. */
static void test_utf8_fold_paths(void **state)
{
	static const char *const inserts[] = {"", "\xC3\x89", "\xFF", "\xE2\x84\xAA", "\xF0\x9F\x98\x80"};
	(void)state;
	for (size_t n = 0; n < 70; n++)
		for (size_t k = 0; k < COUNT(inserts); k++) {
			char in[96], want[400], got[400], slow[4];
			size_t len = 0, at = 0;
			for (size_t i = 0; i < n; i++)
				in[len++] = (char)(' ' + (i * 7 + n) % 95);
			size_t where = n ? (n * 31) % n : 0, ins = strlen(inserts[k]);
			memmove(in + where + ins, in + where, len - where);
			memcpy(in + where, inserts[k], ins);
			len += ins;
			for (size_t i = 0, size; i < len; i += size) {
				uint32_t c = unicode_fold(utf8_decode(in + i, len - i, &size));
				size_t out = utf8_encode(c, slow);
				memcpy(want + at, slow, out);
				at += out;
			}
			size_t made = utf8_fold((struct str){in, len}, got);
			assert_int_equal(made, at);
			assert_memory_equal(got, want, at);
		}
}

static void test_utf16(void **state)
{
	static const uint16_t units[] = {'H', 'i', ' ', 0xC9, 0x20AC, 0xD83D, 0xDE00, 0xD800, 'Z', 0xDC00, 0, 'A'};
	(void)state;
	char plain[UTF8_FROM_UTF16_MAX(COUNT(units))], folded[UTF8_FROM_UTF16_MAX(COUNT(units))];
	char again[UTF8_FOLD_MAX(sizeof plain)];
	size_t n = utf8_from_utf16((const uint8_t *)units, COUNT(units), plain);
	static const char want[] = "Hi \xC3\x89\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBDZ\xEF\xBF\xBD\0A";
	assert_int_equal(n, sizeof want - 1);
	assert_memory_equal(plain, want, n);
	size_t f = utf8_fold_utf16((const uint8_t *)units, COUNT(units), folded);
	assert_int_equal(f, utf8_fold((struct str){plain, n}, again));
	assert_memory_equal(folded, again, f);
}

static void test_fold_code_points(void **state)
{
	static const struct { uint32_t from, to; } rows[] = {
		{'A', 'a'}, {'[', '['}, {0xC9, 0xE9}, {0xDF, 0xDF}, {0x1E9E, 0xDF}, {0x130, 0x130}, {0x131, 0x131}, {0x212A, 'k'},
		{0x3A3, 0x3C3}, {0x3C2, 0x3C3}, {0x1EA0, 0x1EA1}, {0x1A0, 0x1A1}, {0x1AF, 0x1B0}, {0x110, 0x111}, {0x10400, 0x10428},
		{0x13A0, 0x13A0}, {0xAB70, 0x13A0}, {0x17F, 's'}, {0x10FFFF, 0x10FFFF},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (unicode_fold(rows[i].from) != rows[i].to)
			fail_msg("U+%04X folds to U+%04X", rows[i].from, unicode_fold(rows[i].from));
	for (uint32_t c = 0; c < 0x110000; c++)		/* folding is stable */
		assert_int_equal(unicode_fold(unicode_fold(c)), unicode_fold(c));
}

static void test_clock_parse(void **state)
{
	static const struct { const char *in, *out; int offset, used; } rows[] = {
		{"2023-07-19T09:03:40.710Z", "2023-07-19T09:03:40.710Z", 0, 24},
		{"2023-07-19 09:03:40", "2023-07-19T09:03:40Z", CLOCK_NO_OFFSET, 19},
		{"2023-07-19T09:03:40.123456789+07:00 x", "2023-07-19T02:03:40.1234567Z", 420, 35},
		{"2023-07-19T09:03:40,5-0330", "2023-07-19T12:33:40.500Z", -210, 26},
		{"2024-02-29T23:59:60Z", "2024-03-01T00:00:00Z", 0, 20},
		{"2023-07-19T09:03+07", "2023-07-19T02:03:00Z", 420, 19},
		{"1601-01-01T00:00:00Z", "1601-01-01T00:00:00Z", 0, 20},
		{"9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z", 0, 28},
		{"2023-02-29T00:00:00Z", NULL, 0, 0}, {"2023-13-01T00:00:00Z", NULL, 0, 0}, {"2023-07-19", NULL, 0, 0},
		{"2023-07-19T24:00:00Z", NULL, 0, 0}, {"2023-7-19T09:03:40Z", NULL, 0, 0}, {"", NULL, 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t t;
		int offset;
		size_t used;
		char text[CLOCK_TEXT_MAX];
		int err = clock_parse_rfc3339(str_c(rows[i].in), &t, &offset, &used);
		if ((err == 0) != (rows[i].out != NULL))
			fail_msg("row \"%s\": error %d", rows[i].in, err);
		if (err)
			continue;
		same_text((struct str){text, clock_format(t, text)}, rows[i].out, rows[i].in);
		if (offset != rows[i].offset || (int)used != rows[i].used)
			fail_msg("row \"%s\": offset %d used %zu", rows[i].in, offset, used);
	}
}

/* Against the C library, a day at a time over four centuries. */
static void test_clock_civil(void **state)
{
	(void)state;
	for (int64_t day = -135000; day < 80000; day++) {
		time_t t = day * 86400 + day % 86400;
		struct tm tm;
		struct civil c;
		gmtime_r(&t, &tm);
		clock_to_civil(t * TICKS_PER_SECOND, &c);
		assert_int_equal(c.year, tm.tm_year + 1900);
		assert_int_equal(c.month, tm.tm_mon + 1);
		assert_int_equal(c.day, tm.tm_mday);
		assert_int_equal(c.hour * 3600 + c.minute * 60 + c.second, tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
		assert_int_equal(clock_weekday(t * TICKS_PER_SECOND), tm.tm_wday);
		assert_true(clock_from_civil(&c) == t * TICKS_PER_SECOND);
		char week[8];
		strftime(week, sizeof week, "%V", &tm);
		assert_int_equal(clock_iso_week(t * TICKS_PER_SECOND), strtol(week, NULL, 10));
	}
}

static void test_json(void **state)
{
	static const struct { const char *text; bool number; } rows[] = {
		{"0", true}, {"-0", true}, {"10.25", true}, {"1e5", true}, {"1E+5", true}, {"01", false}, {"1.", false},
		{".5", false}, {"-", false}, {"+1", false}, {"1e", false}, {"", false}, {"0x1", false}, {"1 ", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (json_is_number(str_c(rows[i].text)) != rows[i].number)
			fail_msg("row \"%s\"", rows[i].text);
	struct buf b = {0};
	buf_byte(&b, '{');
	json_key(&b, "a");
	json_string(&b, (struct str){"q\" \\ \n\x01\x7f \xC2\x9B \xFF \xE2\x82\xAC", 17});
	json_key(&b, "b");
	json_string(&b, STR_NONE);
	same_text(buf_get(&b), "{\"a\":\"q\\\" \\\\ \\n\\u0001\\u007f \\u009b \xEF\xBF\xBD \xE2\x82\xAC\",\"b\":\"\"", "string");
	buf_free(&b);
}

static void test_hash(void **state)
{
	(void)state;
	uint8_t out[SHA256_SIZE];
	struct buf hex = {0};
	sha256_of("abc", 3, out);
	buf_hex(&hex, out, sizeof out, false);
	same_text(buf_get(&hex), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "sha-256");
	buf_free(&hex);
	assert_int_equal(crc32_of(0, "123456789", 9), 0xCBF43926);
	assert_int_equal(crc32_of(crc32_of(0, "1234", 4), "56789", 5), 0xCBF43926);
	uint8_t bytes[4096];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * i >> 3);
	for (size_t n = 0; n < 1024; n++)
		for (size_t from = 0; from < 8; from++)
			assert_int_equal(crc32_of(0, bytes + from, n), crc32(0, bytes + from, (unsigned)n));
	for (size_t n = 1; n < 200; n++) {		/* every byte counts, and so does the length */
		uint64_t h = hash64(bytes, n, 0);
		for (size_t i = 0; i < n; i++) {
			bytes[i] ^= 0x10;
			assert_true(hash64(bytes, n, 0) != h);
			bytes[i] ^= 0x10;
		}
		assert_true(hash64(bytes, n - 1, 0) != h);
	}
}

static void test_diags(void **state)
{
	(void)state;
	struct diags *d = diags_new();
	struct buf b = {0};
	diags_add(d, DIAG_ERROR, "bad-thing", (struct diag_place){STR("rules/x\x1b.yml"), 3, 7}, "no %s", "good\n");
	diags_add(d, DIAG_WARNING, "odd", (struct diag_place){STR_NONE, 0, 0}, "hm");
	assert_int_equal(diags_count(d, DIAG_ERROR), 1);
	diag_print(diags_at(d, 0), &b);
	same_text(buf_get(&b), "rules/x?.yml:3:7: error: no good? [bad-thing]", "print");
	buf_clear(&b);
	diag_print(diags_at(d, 1), &b);
	same_text(buf_get(&b), "warning: hm [odd]", "without a place");
	buf_free(&b);
	diags_free(d);
}

static int collect(void *user, const char *path)
{
	struct buf *b = user;
	buf_text(b, strrchr(path, '/'));
	return 0;
}

static void test_io(void **state)
{
	(void)state;
	char dir[] = "/tmp/truc-io-XXXXXX", path[128];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/b/c", dir);
	assert_int_equal(io_make_dirs(path, 0700), 0);
	assert_int_equal(io_make_dirs(path, 0700), 0);
	struct arena *a = arena_new(0);
	struct str text;
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, i == 0 ? "z" : i == 1 ? "b/c/deep" : "a");
		assert_int_equal(io_write_file(path, STR("hello"), true), 0);
		assert_int_equal(io_read_file(path, 5, a, &text), 0);
		same_text(text, "hello", path);
		assert_int_equal(io_read_file(path, 4, a, &text), ERR_LIMIT);
	}
	struct buf b = {0};
	assert_int_equal(io_walk(dir, &(struct io_walk){.visit = collect, .user = &b}), 0);
	same_text(buf_get(&b), "/a/deep/z", "walk");
	assert_int_equal(io_walk("/nonexistent/x", &(struct io_walk){.visit = collect, .user = &b}), ERR_NOENT);
	assert_int_equal(io_read_file("/nonexistent/x", 10, a, &text), ERR_NOENT);
	buf_free(&b);
	arena_free(a);
	static const char *const leave[] = {"z", "a", "b/c/deep", "b/c", "b", ""};
	for (size_t i = 0; i < COUNT(leave); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, leave[i]);
		assert_int_equal(remove(path), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_str_numbers), cmocka_unit_test(test_str_slices), cmocka_unit_test(test_arena),
		cmocka_unit_test(test_map), cmocka_unit_test(test_utf8_bad_bytes), cmocka_unit_test(test_utf8_fold_paths),
		cmocka_unit_test(test_utf16), cmocka_unit_test(test_fold_code_points), cmocka_unit_test(test_clock_parse),
		cmocka_unit_test(test_clock_civil), cmocka_unit_test(test_json), cmocka_unit_test(test_hash),
		cmocka_unit_test(test_diags), cmocka_unit_test(test_io),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
