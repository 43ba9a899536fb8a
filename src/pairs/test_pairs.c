/* Lines of pairs: the .case files of tests/cases/pairs, times, what was remembered does not show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/cases.h"
#include "event/value.h"
#include "pairs/parts.h"

struct fixture {
	struct arena *arena;
	struct names *names;
	struct pairs *pairs;
	struct pairs_clock clock;
};

static void setup(struct fixture *x)
{
	*x = (struct fixture){.arena = arena_new(0), .names = names_new(NULL), .pairs = pairs_new()};
	x->clock.reference = clock_from_civil(&(struct civil){.year = 2022, .month = 12, .day = 16});
}

static void teardown(struct fixture *x)
{
	pairs_free(x->pairs);
	names_free(x->names);
	arena_free(x->arena);
}

static void write_line(struct buf *out, const char *name, struct str value)
{
	if (value.p) {
		buf_text(out, name);
		case_escape(value, out);
		buf_byte(out, '\n');
	}
}

static void write_event(const struct event *e, const struct pairs_result *r, struct buf *out)
{
	buf_text(out, r->result == DECODE_PARTIAL ? "partial\n" : "match\n");
	write_line(out, "!", str_c(r->trouble));
	if (e->time != TICKS_NONE) {
		buf_text(out, "time=");
		buf_time(out, e->time);
		if (e->offset_min != CLOCK_NO_OFFSET)
			buf_printf(out, " %+d", e->offset_min);
		buf_byte(out, '\n');
	}
	write_line(out, "product=", e->product);
	write_line(out, "service=", e->service);
	write_line(out, "category=", e->category);
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		buf_byte(out, f->kind == VALUE_NUMBER ? '#' : '.');
		buf_str(out, names_text(e->names, f->name));
		write_line(out, "=", value_text(f, e->arena));
	}
}

static void decode_line(void *user, struct str input, struct buf *out)
{
	struct fixture *x = user;
	struct event e;
	enum pairs_kind kind = pairs_kind_of(input);
	arena_reset(x->arena);
	event_init(&e, x->names, x->arena);
	e.time = TICKS_NONE;
	e.offset_min = CLOCK_NO_OFFSET;
	if (kind == PAIRS_NONE) {
		buf_text(out, "miss\n");
		return;
	}
	struct pairs_result r = pairs_decode(x->pairs, kind, input, &x->clock, &e);
	write_event(&e, &r, out);
}

static void set_option(void *user, struct str name, struct str value)
{
	struct fixture *x = user;
	int64_t n = 0;
	assert_int_equal(str_to_i64(value, &n), 0);
	if (str_eq(name, STR("zone")))
		x->clock.zone_min = (int)n;
	else if (str_eq(name, STR("year")))
		x->clock.year = (int)n;
	else
		fail_msg("no option %.*s", STR_ARGS(name));
}

static void run_file(const char *name)
{
	char path[128];
	struct fixture x;
	struct case_run r = {.path = path, .decode = decode_line, .set = set_option, .user = &x};
	struct arena *file = arena_new(0);
	struct str text;
	setup(&x);
	snprintf(path, sizeof path, "tests/cases/pairs/%s.case", name);
	assert_int_equal(io_read_file(path, 1 << 20, file, &text), 0);
	case_file(&r, text);
	if (r.failures || r.cases == 0)
		fail_msg("%s: %u of %u cases failed", path, r.failures, r.cases);
	arena_free(file);
	teardown(&x);
}

static void test_fortinet(void **state) { (void)state; run_file("fortinet"); }
static void test_cef(void **state) { (void)state; run_file("cef"); }
static void test_leef(void **state) { (void)state; run_file("leef"); }

static void test_words(void **state)
{
	static const struct { const char *text, *want; } rows[] = {
		{"1532616695", "2018-07-26T14:51:35Z"}, {"1532616695123", "2018-07-26T14:51:35.123Z"},
		{"1532616695123456", "2018-07-26T14:51:35.123456Z"}, {"1668002319383195535", "2022-11-09T13:58:39.3831955Z"},
		{"1532616695.25", "2018-07-26T14:51:35.250Z"}, {"Sep 19 2022 08:26:10", "2022-09-19T06:26:10Z"},
		{"Sep 19 2022 08:26:10.5 UTC", "2022-09-19T08:26:10.500Z"}, {"Sep 9 08:26:10", "2022-09-09T06:26:10Z"},
		{"Dec 31 08:26:10 GMT-03:30", "2021-12-31T11:56:10Z"}, {"2022-09-19T08:26:10.123Z", "2022-09-19T08:26:10.123Z"},
		{"2022-09-19 08:26:10", "2022-09-19T06:26:10Z"}, {"2022-09-19 08:26:10 +0700", "2022-09-19T01:26:10Z"},
		{"19 Sep 2022 08:26:10", "2022-09-19T06:26:10Z"}, {"12345", ""}, {"Sep 33 2022 08:26:10", ""}, {"", ""},
		{"Foo 19 2022 08:26:10", ""}, {"Sep 19 2022 08:26:10 nonsense here", ""}, {"99999999999999999999", ""},
	};
	const struct pairs_clock clock = {.zone_min = 120, .reference = INT64_C(1671148800) * TICKS_PER_SECOND};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[CLOCK_TEXT_MAX] = "";
		struct pairs_time t;
		if (time_from_words(str_c(rows[i].text), &clock, &t))
			clock_format(t.ticks, text);
		text[strcspn(text, "Z") + (*text != '\0')] = '\0';
		if (strcmp(text, rows[i].want) != 0)
			fail_msg("\"%s\": %s, not %s", rows[i].text, text, rows[i].want);
	}
}

static void test_patterns(void **state)
{
	static const struct { const char *text, *pattern, *want; } rows[] = {
		{"2022-09-19T08:26:10.500+0200", "yyyy-MM-dd'T'HH:mm:ss.SSSZ", "2022-09-19T06:26:10.500Z"},
		{"Sep 19 2022 08:26:10", "MMM dd yyyy HH:mm:ss", "2022-09-19T08:26:10Z"},
		{"19/09/22 8:26:10 PM", "dd/MM/yy h:mm:ss a", "2022-09-19T20:26:10Z"},
		{"12:00:01 AM 1.2.2022", "hh:mm:ss a d.M.yyyy", "2022-02-01T00:00:01Z"},
		{"Mon, 19 September 2022 08:26:10 GMT", "EEE, dd MMMM yyyy HH:mm:ss z", "2022-09-19T08:26:10Z"},
		{"20220919082610", "yyyyMMddHHmmss", "2022-09-19T08:26:10Z"},
		{"2022 o'clock 09 19", "yyyy 'o''clock' MM dd", "2022-09-19T00:00:00Z"},
		{"2022-13-19", "yyyy-MM-dd", ""}, {"2022-09-19 x", "yyyy-MM-dd", ""}, {"2022", "yyyy-MM", ""}, {"1", "Q", ""},
	};
	const struct pairs_clock clock = {.reference = TICKS_NONE};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[CLOCK_TEXT_MAX] = "";
		struct pairs_time t;
		if (time_from_pattern(str_c(rows[i].text), str_c(rows[i].pattern), &clock, &t))
			clock_format(t.ticks, text);
		text[strcspn(text, "Z") + (*text != '\0')] = '\0';
		if (strcmp(text, rows[i].want) != 0)
			fail_msg("\"%s\": %s, not %s", rows[i].text, text, rows[i].want);
	}
}

/* More names than the dictionary takes, longer ones than it holds, and a names table that begins anew. */
static void test_many_names(void **state)
{
	struct fixture x;
	struct buf line = {0}, first = {0}, again = {0};
	(void)state;
	setup(&x);
	buf_text(&line, "type=event subtype=system");
	for (unsigned i = 0; i < 9000; i++)
		buf_printf(&line, " %sname%u=%u", i % 3 ? "" : "a-name-that-is-longer-than-entries-hold-", i, i);
	decode_line(&x, buf_get(&line), &first);
	names_begin_batch(x.names);
	decode_line(&x, buf_get(&line), &again);
	assert_true(str_eq(buf_get(&first), buf_get(&again)));
	assert_true(str_find(buf_get(&first), STR("\n#name8999=8999\n")) > 0);
	assert_true(str_find(buf_get(&first), STR("\n#a-name-that-is-longer-than-entries-hold-name8997=8997\n")) > 0);
	buf_free(&line);
	buf_free(&first);
	buf_free(&again);
	teardown(&x);
}

static void test_fields_limit(void **state)
{
	struct fixture x;
	struct event e;
	struct buf line = {0};
	(void)state;
	setup(&x);
	buf_text(&line, "type=event subtype=system url=/a?b");
	for (unsigned i = 0; i < EVENT_FIELDS_MAX; i++)
		buf_text(&line, " a=1");
	event_init(&e, x.names, x.arena);
	struct pairs_result r = pairs_decode(x.pairs, PAIRS_FORTINET, buf_get(&line), &x.clock, &e);
	assert_int_equal(r.result, DECODE_PARTIAL);
	assert_true(r.full);
	assert_int_equal(e.field_count, EVENT_FIELDS_MAX);
	buf_free(&line);
	teardown(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fortinet), cmocka_unit_test(test_cef), cmocka_unit_test(test_leef),
		cmocka_unit_test(test_words), cmocka_unit_test(test_patterns), cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_fields_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
