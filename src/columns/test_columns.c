/* Columns: tests/cases/columns, the naive reading on all samples, directives, numbers and times. */
#include "columns/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "columns/columns_naive.h"
#include "event/cases.h"
#include "event/value.h"

struct fixture {
	struct arena *arena;
	struct names *names;
	struct columns columns;
	struct buf directives;
};

static void setup(struct fixture *x, enum columns_kind kind)
{
	memset(x, 0, sizeof *x);
	x->arena = arena_new(0);
	x->names = names_new(NULL);
	columns_begin(&x->columns, kind, 420);
}

static void teardown(struct fixture *x)
{
	names_free(x->names);
	arena_free(x->arena);
	buf_free(&x->directives);
}

static void write_value(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, "%s=", name);
	case_escape(value, out);
	buf_byte(out, '\n');
}

static void write_event(const struct event *e, struct buf *out)
{
	if (e->time != TICKS_NONE) {
		buf_text(out, "@time=");
		buf_time(out, e->time);
		buf_byte(out, '\n');
	}
	buf_printf(out, "@source=%.*s %.*s %.*s\n", STR_ARGS(e->product), STR_ARGS(e->service), STR_ARGS(e->category));
	for (uint32_t i = 0; i < e->field_count; i++) {
		buf_str(out, names_text(e->names, e->fields[i].name));
		write_value(out, "", value_text(&e->fields[i], e->arena));
	}
}

static void decode_case(void *user, struct str input, struct buf *out)
{
	struct fixture *x = user;
	struct event e;
	event_init(&e, x->names, x->arena);
	enum decode_result r = columns_decode(&x->columns, input, &e);
	buf_text(out, r == DECODE_MATCH ? "match\n" : "miss\n");
	if (r == DECODE_MATCH)
		write_event(&e, out);
}

/* "#!kind zeek" begins anew; "#!line #Fields: ..." is a directive of the log. */
static void set_case(void *user, struct str name, struct str value)
{
	struct fixture *x = user;
	struct buf line = {0};
	if (str_eq(name, STR("kind"))) {
		columns_begin(&x->columns, str_eq(value, STR("zeek")) ? COLUMNS_ZEEK : COLUMNS_W3C, 420);
		return;
	}
	if (!str_eq(name, STR("line")))
		fail_msg("no setting %.*s", STR_ARGS(name));
	for (size_t i = 0; i < value.n; i++) {
		bool tab = str_starts(str_skip(value, i), STR("\\t"));
		buf_byte(&line, tab ? '\t' : value.p[i]);
		i += tab;
	}
	if (columns_take(&x->columns.head, arena_str(x->arena, buf_get(&line))))
		columns_changed(&x->columns);
	buf_free(&line);
}

static void test_cases(void **state)
{
	static const char *const files[] = {"tests/cases/columns/w3c.case", "tests/cases/columns/zeek.case"};
	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct fixture x;
		struct case_run r = {.path = files[i], .decode = decode_case, .set = set_case, .user = &x};
		struct arena *file = arena_new(0);
		struct str text;
		setup(&x, COLUMNS_W3C);
		assert_int_equal(io_read_file(r.path, 1 << 20, file, &text), 0);
		case_file(&r, text);
		if (r.failures || r.cases == 0)
			fail_msg("%u of %u cases of %s failed", r.failures, r.cases, files[i]);
		arena_free(file);
		teardown(&x);
	}
}

static void test_values(void **state)
{
	static const struct { const char *text; int64_t want; } dates[] = {
		{"1970-01-01", 0}, {"1970-01-02", 86400}, {"2000-02-29", 951782400}, {"1900-02-29", -1}, {"2001-02-29", -1},
		{"2013-00-10", -1}, {"2013-13-10", -1}, {"2013-01-32", -1}, {"2013/01/02", -1}, {"2013-1-2", -1},
	}, times[] = {
		{"00:00:00", 0}, {"23:59:59", 86399}, {"24:00:00", -1}, {"12:60:00", -1}, {"12:00", -1}, {"12:00:00.", -1},
		{"12:00:00.5", 43200}, {"12:00:00x5", -1}, {"12:00:00.5a", -1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		int64_t got = columns_date(str_c(dates[i].text));
		if ((got == TICKS_NONE ? -1 : got / TICKS_PER_SECOND) != dates[i].want)
			fail_msg("%s", dates[i].text);
	}
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		int64_t got = columns_time(str_c(times[i].text));
		if ((got < 0 ? -1 : got / TICKS_PER_SECOND) != times[i].want)
			fail_msg("%s", times[i].text);
	}
	assert_true(columns_epoch(STR("1300475167.096535")) == INT64_C(13004751670965350));
	assert_true(columns_epoch(STR("1300475167")) == INT64_C(13004751670000000));
	assert_true(columns_epoch(STR("x")) == TICKS_NONE && columns_epoch(STR("12.")) == TICKS_NONE);
	assert_true(columns_epoch(STR("9999999999999")) == TICKS_NONE);
}

static void test_split(void **state)
{
	uint32_t at[64];
	char text[70];
	(void)state;
	for (size_t n = 0; n <= sizeof text; n++)
		for (size_t k = 0; k < n; k++) {
			memset(text, 'x', sizeof text);
			text[k] = ' ';
			assert_int_equal(columns_split(str_n(text, n), ' ', at, 64), 1);
			assert_int_equal(at[0], k);
			assert_int_equal(columns_split(str_n(text, k), ' ', at, 64), 0);
		}
	assert_int_equal(columns_split(STR("a b c d"), ' ', at, 2), 3);
}

/* A long #Fields leaves none in force, in the carried text as in the lines. */
static void test_long_directive(void **state)
{
	struct columns_head h = {.kind = COLUMNS_W3C};
	struct buf line = {0}, saved = {0};
	(void)state;
	columns_take(&h, STR("#Fields: a b"));
	assert_true(str_eq(h.value[COLUMNS_FIELDS], STR("a b")));
	buf_text(&line, "#Fields:");
	while (line.n < COLUMNS_FIELDS_MAX + 10)
		buf_text(&line, " a");
	buf_text(&line, " b");
	assert_true(columns_take(&h, buf_get(&line)));
	assert_null(h.value[COLUMNS_FIELDS].p);
	columns_save(&h, &saved);
	assert_int_equal(saved.n, 0);
	/* more columns than are read: no line fits, and nothing is written behind the plan */
	struct fixture x;
	struct event e;
	setup(&x, COLUMNS_W3C);
	buf_clear(&line);
	buf_text(&line, "#Fields:");
	for (unsigned i = 0; i < COLUMNS_MAX + 20; i++)
		buf_text(&line, " a");
	columns_take(&x.columns.head, buf_get(&line));
	event_init(&e, x.names, x.arena);
	assert_int_equal(columns_decode(&x.columns, str_skip(buf_get(&line), 9), &e), DECODE_MISS);
	buf_free(&line);
	buf_free(&saved);
	teardown(&x);
}

static uint64_t compare_file(struct fixture *x, struct str text)
{
	uint64_t matches = 0;
	while (text.n) {
		struct str line = str_cut(&text, '\n');
		while (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (columns_is_directive(line)) {
			if (columns_take(&x->columns.head, line))
				columns_changed(&x->columns);
			continue;
		}
		struct buf fast = {0}, plain = {0};
		struct event e;
		event_init(&e, x->names, x->arena);
		bool match = columns_decode(&x->columns, line, &e) == DECODE_MATCH;
		assert_int_equal(naive_columns(&x->columns.head, line, 420, x->arena, &plain), match);
		naive_write(&e, &fast);
		if (match && !str_eq(buf_get(&fast), buf_get(&plain)))
			fail_msg("%.*s\n%.*s\n%.*s", STR_ARGS(line), STR_ARGS(buf_get(&fast)), STR_ARGS(buf_get(&plain)));
		matches += match;
		buf_free(&fast);
		buf_free(&plain);
		arena_reset(x->arena);
	}
	return matches;
}

static void test_samples(void **state)
{
	static const struct { const char *file; uint64_t events; } files[] = {
		{"iis10.log", 1}, {"iis10_cookies.log", 3}, {"iis6.log", 12}, {"iis7_sqli.log", 2}, {"iis_without_date.log", 11},
		{"tunna_rdp_tunnel_iis.log", 4298},
	};
	const char *shared = getenv("TRUC_SHARED");
	(void)state;
	if (!shared) {
		print_message("SKIP: no $TRUC_SHARED\n");
		skip();
	}
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[512];
		struct arena *file = arena_new(0);
		struct fixture x;
		struct str text;
		snprintf(path, sizeof path, "%s/data/logs/iis/%s", shared, files[i].file);
		if (io_read_file(path, 1 << 24, file, &text) != 0) {
			print_message("SKIP: no %s\n", path);
			arena_free(file);
			continue;
		}
		setup(&x, COLUMNS_W3C);
		uint64_t got = compare_file(&x, text);
		if (got != files[i].events)
			fail_msg("%s: %llu lines match, not %llu", files[i].file, (unsigned long long)got,
				 (unsigned long long)files[i].events);
		teardown(&x);
		arena_free(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_values), cmocka_unit_test(test_split),
		cmocka_unit_test(test_long_directive), cmocka_unit_test(test_samples),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
