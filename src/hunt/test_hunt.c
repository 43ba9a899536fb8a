#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/vec.h"
#include "hunt/figures.h"
#include "hunt/progress.h"

/* The smaller parts of a hunt: filters, places, figures, the progress line. */

static const struct {
	const char *want, *host;
	bool match;
} host_cases[] = {
	{"alpha", "alpha", true}, {"ALPHA", "alpha", true}, {"alpha", "alpha.example.org", true},
	{"alpha.example.org", "alpha.example.org", true}, {"alpha.example", "alpha.example.org", false},
	{"al", "alpha", false}, {"al*", "alpha", true}, {"*pha", "alpha", true}, {"a?pha", "alpha", true},
	{"a??pha", "alpha", false}, {"*", "", true}, {"?", "", false}, {"*a*a*", "banana", true},
	{"*a*x*", "banana", false}, {"alpha", "", false}, {"**", "x", true}, {"", "x", false},
};

static void hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof host_cases / sizeof host_cases[0]; i++) {
		struct filter f = {.hosts = {&host_cases[i].want, 1}};

		if (filter_host(&f, str_c(host_cases[i].host)) != host_cases[i].match)
			fail_msg("'%s' and host '%s'", host_cases[i].want, host_cases[i].host);
	}
	assert_true(filter_host(&(struct filter){0}, STR("any")));
	assert_true(filter_host(&(struct filter){0}, STR_NONE));
}

static void times(void **state)
{
	static const struct { int64_t since, until, time; bool inside; } rows[] = {
		{TICKS_NONE, TICKS_NONE, TICKS_NONE, true}, {TICKS_NONE, TICKS_NONE, 5, true},
		{5, TICKS_NONE, 5, true}, {5, TICKS_NONE, 4, false}, {TICKS_NONE, 5, 5, false},
		{TICKS_NONE, 5, 4, true}, {3, 5, TICKS_NONE, false}, {TICKS_NONE, 5, TICKS_NONE, false},
		{-10, -5, -7, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct filter f = {.since = rows[i].since, .until = rows[i].until};

		if (filter_time(&f, rows[i].time) != rows[i].inside)
			fail_msg("row %zu", i);
	}
}

/* Rules of a set made by hand: filters read nothing but texts. */
static void rules(void **state)
{
	static struct str tags[] = {STR("attack.t1059.001"), STR("attack.execution"), STR("cve.2024-1")};
	static struct sigma_rule a = {.id = STR("AAAA"), .title = STR("Bad Tool Used"), .status = STR("stable"),
				      .level = SIGMA_HIGH, .tags = tags, .tag_count = 3};
	static struct sigma_rule b = {.id = STR("bbbb"), .title = STR("Other"), .status = STR("test"), .level = SIGMA_LOW};
	static struct sigma_rule *both[] = {&a, &b};
	static const struct { const char *option, *text; uint8_t keep[2]; } rows[] = {
		{"tag", "attack.t1059", {1, 0}}, {"tag", "T1059.001", {1, 0}}, {"tag", "t105", {0, 0}},
		{"tag", "execution", {1, 0}}, {"tag", "attack", {1, 0}}, {"tag", "cve.2024-1", {1, 0}},
		{"tag", "2024-1", {0, 0}}, {"rule", "aaaa", {1, 0}}, {"rule", "AAA", {0, 0}}, {"rule", "tool u", {1, 0}},
		{"rule", "o", {1, 1}}, {"status", "Test", {0, 1}}, {"status", "tes", {0, 0}},
	};
	struct sigma_set set = {.rules = both, .rule_count = 2};
	struct engine g = {.set = &set};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct filter f = {0};
		struct filter_texts one = {&rows[i].text, 1};
		uint8_t keep[2];

		*(rows[i].option[0] == 't' ? &f.tags : rows[i].option[0] == 'r' ? &f.rules : &f.status) = one;
		assert_int_equal(rows[i].keep[0] + rows[i].keep[1], filter_rules(&f, &g, keep));
		if (memcmp(keep, rows[i].keep, 2) != 0)
			fail_msg("--%s %s keeps %d %d", rows[i].option, rows[i].text, keep[0], keep[1]);
	}
	uint8_t keep[2];

	assert_int_equal(1, filter_rules(&(struct filter){.level = SIGMA_MEDIUM}, &g, keep));
	assert_int_equal(2, filter_rules(&(struct filter){0}, &g, keep));
}

static void add_place(struct places *p, unsigned i)
{
	char path[32], detail[32];

	snprintf(path, sizeof path, "/p/%u", i % 3);
	snprintf(detail, sizeof detail, "d%u", i % 2);
	places_add(p, DECODE_JSON_SYNTAX, path, i / 3, detail);
}

/* In any order, split over workers in any way: the same first places. */
static void places_do_not_depend_on_order(void **state)
{
	struct buf want = {0};

	(void)state;
	for (unsigned start = 0; start < 30; start++) {
		struct places a = {0}, b = {0};
		struct buf text = {0};

		for (unsigned i = 0; i < 30; i++)
			add_place(i % 4 ? &a : &b, (i * 7 + start) % 30);
		places_merge(&a, &b);
		assert_int_equal(PLACES_KEPT, a.count[DECODE_JSON_SYNTAX]);
		for (unsigned i = 0; i < PLACES_KEPT; i++) {
			place_print(&a.at[DECODE_JSON_SYNTAX][i], &text);
			buf_byte(&text, '|');
		}
		if (!want.n)
			buf_str(&want, buf_get(&text));
		if (!str_eq(buf_get(&want), buf_get(&text)))
			fail_msg("start %u: %.*s, not %.*s", start, STR_ARGS(buf_get(&text)), STR_ARGS(buf_get(&want)));
		places_free(&a);
		places_free(&b);
		buf_free(&text);
	}
	assert_true(str_starts(buf_get(&want), STR("/p/0: d0|/p/0, record 1: d1|")));
	buf_free(&want);
}

static void progress_line(void **state)
{
	static const struct { uint64_t total, bytes; double seconds; const char *want; } rows[] = {
		{0, 2048, 2, "2.0 KiB, 500 events/s, 7 findings"},
		{1000, 250, 10, "[####............]  25%, 30 s left, 250 bytes of 1000 bytes, 100 events/s, 7 findings"},
		{1000, 2000, 10, "[################] 100%, 0 s left, 2.0 KiB of 1000 bytes, 100 events/s, 7 findings"},
		{1000, 100, 1000, "[##..............]  10%, 2 h 30 min left, 100 bytes of 1000 bytes, 1 events/s, 7 findings"},
		{1000, 0, 0, "[................]   0%, 0 bytes of 1000 bytes, 0 events/s, 7 findings"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf b = {0};

		progress_text(&b, rows[i].total, rows[i].bytes, 1000, 7, rows[i].seconds);
		if (!str_eq(buf_get(&b), str_c(rows[i].want)))
			fail_msg("row %zu: %.*s", i, STR_ARGS(buf_get(&b)));
		buf_free(&b);
	}
}

static void figures(void **state)
{
	struct hunt_result r = {.files = 2, .bytes = 3000, .findings = 5, .written = 3, .rules_kept = 9, .untimed = 1};
	struct sigma_counts counts = {.loaded = 10, .refused = 1, .unsupported = 2, .correlations = 1};
	struct figures f = {&r, &counts, 2, 0.25, NULL};
	struct buf b = {0};

	(void)state;
	r.stats.events = 1234;
	r.correlations = (struct correlations_counts){.in_use = 1, .matches = 7, .findings = 1, .no_group = 2, .dropped_groups = 1};
	r.stats.count[DECODE_JSON_SYNTAX] = 4;
	r.stats.bytes[DECODE_JSON_SYNTAX] = 40;
	places_add(&r.places, DECODE_JSON_SYNTAX, "/a\x1b[1m", 3, "bad");
	figures_json(&f, &b);
	buf_byte(&b, '\0');
	assert_non_null(strstr(b.p, "{\"files\":2,\"bytes\":3000,\"used_bytes\":0,\"events\":1234,\"findings\":5,\"written\":3,"
			       "\"skipped\":{\"json-syntax\":4},\"skipped_bytes\":{\"json-syntax\":40},"
			       "\"rules\":{\"loaded\":10,\"refused\":3,\"evaluated\":9,\"correlations\":1,\"filters\":0},"
			       "\"seconds\":{\"load\":0.250,\"run\":0.000,"));
	assert_non_null(strstr(b.p, "\"correlations\":{\"in_use\":1,\"matches\":7,\"findings\":1,\"no_group\":2,\"no_time\":0,"
			       "\"no_value\":0,\"dropped_groups\":1,\"dropped_matches\":0,"));
	buf_clear(&b);
	figures_text(&f, &b);
	buf_byte(&b, '\0');
	assert_non_null(strstr(b.p, "2 files, 2.9 KiB, 1,234 events, 5 findings (the first 3 written)\n"));
	assert_non_null(strstr(b.p, "10 loaded (9 after filters), 3 refused (see truc rules check), 1 correlation\n"
			       "correlations: 7 matches fed, 1 finding\n  2 matches lack a field of group-by and did not enter\n"
			       "  1 group was dropped for want of room: findings may be missing\n"));
	assert_non_null(strstr(b.p, "json-syntax: 4, 40 bytes skipped (text that is not JSON)\n"
			       "    /a\xef\xbf\xbd[1m, record 3: bad\n    ...\n"));
	assert_true(hunt_is_partial(&r));
	hunt_result_free(&r);
	buf_free(&b);
	assert_true(figures_peak_rss() > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts), cmocka_unit_test(times), cmocka_unit_test(rules),
		cmocka_unit_test(places_do_not_depend_on_order), cmocka_unit_test(progress_line),
		cmocka_unit_test(figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
