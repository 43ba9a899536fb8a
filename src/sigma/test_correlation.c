/*
 * Correlation documents, filters and placeholders: what the loader makes of them, and every problem with its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/testing.h"
#include "sigma/naive.h"

/* Rules that a table's documents may name; they stand behind them, so that lines count from the row's first. */
#define BASE                                                                                                           \
	"---\ntitle: A\nname: rule_a\nid: 00000000-0000-4000-8000-00000000000a\nlogsource: {category: test}\n"         \
	"detection: {s: {F: a}, condition: s}\n"                                                                       \
	"---\ntitle: B\nname: rule_b\nlogsource: {category: test}\ndetection: {s: {F: b}, condition: s}\n"             \
	"---\ntitle: inner\nname: inner\ncorrelation: {type: event_count, rules: rule_b, group-by: [User, Host], "     \
	"timespan: 1m, condition: {gte: 2}}\n"                                                                         \
	"---\ntitle: broken\nname: broken\nlogsource: {category: test}\ndetection: {s: {F|huh: b}, condition: s}\n"
#define C "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  group-by: [User]\n  timespan: 1m\n  condition: {gte: 2}\n"

struct row { const char *name, *text, *wanted; };

static void load(struct sigma_set *set, struct diags *diags, const char *text)
{
	struct buf b = {0};

	buf_text(&b, text);
	buf_text(&b, BASE);
	sigma_set_add(set, STR("f"), buf_get(&b), diags);
	sigma_set_bind(set, diags);
	buf_free(&b);
}

/* "code@line:column" of every problem but those of the base's broken rule, in the order found. */
static void list_problems(const struct diags *diags, struct buf *out)
{
	static const char *const marks[] = {"", "?", "~"};	/* error, unsupported, warning */

	for (size_t i = 0; i < diags_kept(diags); i++) {
		const struct diag *d = diags_at(diags, i);

		if (strcmp(d->code, "unknown-modifier") != 0)
			buf_printf(out, "%s%s%s@%u:%u", out->n ? " " : "", marks[d->severity], d->code, d->line, d->column);
	}
	buf_byte(out, '\0');
}

static void check_row(const struct row *row)
{
	struct sigma_set *set = sigma_set_new();
	struct diags *diags = diags_new();
	struct buf found = {0};
	bool refused = row->wanted[0] && row->wanted[0] != '~';

	load(set, diags, row->text);
	list_problems(diags, &found);
	if (strcmp(found.p, row->wanted) != 0)
		fail_msg("%s: '%s', not '%s'", row->name, found.p, row->wanted);
	if (strstr(row->text, "\n---\n") == NULL && set->counts.correlations != 2u - refused)
		fail_msg("%s: %u correlations", row->name, set->counts.correlations);
	if (set->counts.documents != set->counts.loaded + set->counts.refused + set->counts.unsupported +
	    set->counts.correlations + set->counts.filters)
		fail_msg("%s: a document is not accounted for", row->name);
	buf_free(&found);
	sigma_set_free(set);
	diags_free(diags);
}

static void test_load(void **state)
{
	static const struct row rows[] = {
		{"good", C, ""},
		{"no map", "title: t\ncorrelation: 7\n", "bad-correlation@2:14"},
		{"empty", "title: t\ncorrelation: {}\n",
		 "no-type@2:14 no-rules@2:14 no-timespan@2:14 no-condition@2:14"},
		{"no title", "correlation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 2}\n",
		 "no-title@1:1"},
		{"type", "title: t\ncorrelation:\n  type: count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 2}\n",
		 "unknown-type@3:9"},
		{"median", "title: t\ncorrelation:\n  type: value_median\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 2}\n",
		 "?value-median@3:9"},
		{"expression", "title: t\ncorrelation:\n  type: temporal\n  rules: [rule_a, rule_b]\n  timespan: 1m\n  condition: rule_a and rule_b\n",
		 "?temporal-expression@6:14"},
		{"scalar condition", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: 5\n",
		 "bad-condition@6:14"},
		{"no operator", "title: t\ncorrelation: {type: event_count, rules: [rule_a], timespan: 1m, condition: {}}\n",
		 "no-condition@2:76"},
		{"three operators", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gt: 1, lt: 5, neq: 3}\n",
		 "condition-operators@6:29"},
		{"bad operator", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {ge: 1}\n",
		 "condition-key@6:15"},
		{"bad number", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: many}\n",
		 "bad-number@6:20"},
		{"silence", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {eq: 0}\n",
		 "~condition-never@6:19"},
		{"less than one", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {lt: 1}\n",
		 "~condition-never@6:19"},
		{"less than two", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {lt: 2}\n", ""},
		{"no field", "title: t\ncorrelation:\n  type: value_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 1}\n",
		 "no-field@6:14"},
		{"two fields", "title: t\ncorrelation:\n  type: value_sum\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 1, field: [a, b]}\n",
		 "bad-field@6:30"},
		{"tuple", "title: t\ncorrelation:\n  type: value_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 1, field: [a, b]}\n", ""},
		{"field for nothing", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 1, field: a}\n",
		 "~field-unused@6:23"},
		{"percentile", "title: t\ncorrelation:\n  type: value_percentile\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 1, field: a, percentile: 101}\n",
		 "bad-number@6:45"},
		{"no percentile", "title: t\ncorrelation:\n  type: value_percentile\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 1, field: a}\n",
		 "~percentile-default@6:14"},
		{"no group", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 1}\n", ""},
		{"group twice", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  group-by: [a, b, A]\n  timespan: 1m\n  condition: {gte: 1}\n",
		 "bad-group-by@5:20"},
		{"two mistakes", "title: t\ncorrelation:\n  type: event_count\n  rules: []\n  timespan: 1x\n  condition: {gte: 1}\n",
		 "no-rules@4:10 bad-timespan@5:13"},
		{"generate", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 1}\n  generate: perhaps\n",
		 "bad-generate@7:13"},
		{"unknown key", "title: t\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  timespan: 1m\n  condition: {gte: 1}\n  window: 5\n",
		 "~unknown-key@7:3"},
		{"temporal", "title: t\ncorrelation:\n  type: temporal\n  rules: [rule_a, rule_b]\n  timespan: 1m\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(&rows[i]);
}

#define T(rules, rest) "title: t\nname: t\ncorrelation:\n  type: temporal\n  rules: [" rules "]\n  timespan: 1m\n" rest

static void test_references(void **state)
{
	static const struct row rows[] = {
		{"by id", T("00000000-0000-4000-8000-00000000000A, rule_b", ""), ""},
		{"unknown", T("rule_a, rule_z", ""), "unknown-reference@5:19"},
		{"two unknown", T("rule_y, rule_z", ""), "unknown-reference@5:11 unknown-reference@5:19"},
		{"refused", T("rule_a, broken", ""), "refused-reference@5:19"},
		{"twice", T("rule_a, rule_a", ""), "bad-rules@5:19"},
		{"twice by id", T("rule_a, 00000000-0000-4000-8000-00000000000a", ""), "bad-rules@5:19"},
		{"itself", T("rule_a, t", ""), "cycle@5:19"},
		{"ring", T("u", "") "---\ntitle: u\nname: u\ncorrelation: {type: temporal, rules: [t], timespan: 1m}\n",
		 "cycle@5:11 cycle@10:39"},
		{"above a ring", T("u", "") "---\ntitle: u\nname: u\ncorrelation: {type: temporal, rules: [u], timespan: 1m}\n",
		 "cycle@5:11 cycle@10:39"},
		{"chain", T("inner, rule_a", "  group-by: [host]\n"), ""},
		{"not grouped", T("inner, rule_a", "  group-by: [Other]\n"), "not-grouped@7:14"},
		{"alias into a chain", T("inner, rule_a", "  group-by: [who]\n  aliases: {who: {inner: User, rule_a: Account}}\n"), ""},
		{"alias of no rule", T("rule_a", "  group-by: [who]\n  aliases: {who: {rule_a: User, rule_b: Account}}\n"),
		 "alias-rule@8:33"},
		{"alias missing", T("rule_a, rule_b", "  group-by: [who]\n  aliases: {who: {rule_a: User}}\n"),
		 "~alias-missing@8:13"},
		{"alias unused", T("rule_a", "  group-by: [User]\n  aliases: {who: {rule_a: User}}\n"), "~unused-alias@8:13"},
		{"bad alias", T("rule_a", "  group-by: [User]\n  aliases: {who: rule_a}\n"), "bad-aliases@8:18"},
		{"ambiguous", T("twin", "") "---\ntitle: u\nname: twin\nlogsource: {category: x}\ndetection: {s: {F: a}, condition: s}\n"
		 "---\ntitle: v\nname: twin\nlogsource: {category: x}\ndetection: {s: {F: a}, condition: s}\n",
		 "ambiguous-reference@5:11"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(&rows[i]);
}

/* Ten correlations one above another stand, the eleventh and what is above it do not. */
static void test_depth(void **state)
{
	struct sigma_set *set = sigma_set_new();
	struct diags *diags = diags_new();
	struct buf b = {0}, found = {0};

	(void)state;
	for (int i = 12; i > 0; i--)
		buf_printf(&b, "title: c%d\nname: c%d\ncorrelation: {type: event_count, rules: %s%d, timespan: 1m, condition: {gte: 1}}\n---\n",
			   i, i, i > 1 ? "c" : "rule_b #", i - 1);
	for (size_t i = 0; i + 9 < b.n; i++)
		if (!memcmp(b.p + i, "rule_b #0", 9))
			memcpy(b.p + i, "rule_b   ", 9);
	buf_byte(&b, '\0');
	load(set, diags, b.p);
	list_problems(diags, &found);
	assert_string_equal(found.p, "chain-depth@7:14 refused-reference@3:41");
	assert_int_equal(set->counts.correlations, 11);
	buf_free(&b);
	buf_free(&found);
	sigma_set_free(set);
	diags_free(diags);
}

static void test_timespan(void **state)
{
	static const struct { const char *text; int64_t seconds; } rows[] = {
		{"1s", 1}, {"90m", 5400}, {"2h", 7200}, {"7d", 604800}, {"1w", 604800}, {"1M", 2629746}, {"1y", 31556952},
		{"0s", 0}, {"m", 0}, {"5", 0}, {"-5m", 0}, {"1.5h", 0}, {"5 m", 0}, {"5H", 0}, {"101y", 0}, {"99999999999999999999s", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sigma_set *set = sigma_set_new();
		struct diags *diags = diags_new();
		char text[300];
		int64_t got = 0;

		snprintf(text, sizeof text, "title: t\ncorrelation: {type: event_count, rules: rule_a, timespan: %s, condition: {gte: 1}}\n",
			 rows[i].text);
		load(set, diags, text);
		for (uint32_t k = 0; k < set->rule_count; k++)
			if (set->rules[k]->correlation && str_eq(set->rules[k]->title, STR("t")))
				got = set->rules[k]->correlation->spec.timespan;
		if (got != rows[i].seconds * TICKS_PER_SECOND)
			fail_msg("%s: %lld", rows[i].text, (long long)got);
		sigma_set_free(set);
		diags_free(diags);
	}
}

static const struct sigma_rule *rule_of(const struct sigma_set *set, const char *title)
{
	for (uint32_t i = 0; i < set->rule_count; i++)
		if (str_eq(set->rules[i]->title, str_c(title)))
			return set->rules[i];
	fail_msg("no rule %s", title);
	return NULL;
}

/* Which rules speak for themselves: title, silent. */
static void test_generate(void **state)
{
	static const struct { const char *name, *text; bool a, b, inner; } rows[] = {
		{"default", T("rule_a", ""), true, true, false},
		{"false", T("rule_a", "  generate: false\n"), true, true, false},
		{"true", T("rule_a", "  generate: true\n"), false, true, false},
		{"beside the title", T("rule_a", "generate: true\n"), false, true, false},
		{"a chain", T("inner", ""), false, true, true},
		{"two that disagree", T("rule_b", "  generate: true\n"), false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sigma_set *set = sigma_set_new();
		struct diags *diags = diags_new();

		load(set, diags, rows[i].text);
		if (rule_of(set, "A")->silent != rows[i].a || rule_of(set, "B")->silent != rows[i].b ||
		    rule_of(set, "inner")->silent != rows[i].inner || rule_of(set, "t")->silent)
			fail_msg("%s", rows[i].name);
		sigma_set_free(set);
		diags_free(diags);
	}
}

/* A name means the rule of the same file, then one of any file; files may come in any order. */
static void test_files(void **state)
{
	static const char rule[] = "title: %s\nname: n\nlogsource: {category: test}\ndetection: {s: {F: a}, condition: s}\n";
	struct sigma_set *set = sigma_set_new();
	struct diags *diags = diags_new();
	char one[300], two[600];

	(void)state;
	snprintf(one, sizeof one, rule, "one");
	snprintf(two, sizeof two, rule, "two");
	strncat(two, "---\ntitle: mine\ncorrelation: {type: temporal, rules: n, timespan: 1m}\n", 200);
	sigma_set_add(set, STR("c"), STR("title: ask\ncorrelation: {type: temporal, rules: far, timespan: 1m}\n"), diags);
	sigma_set_add(set, STR("1"), str_c(one), diags);
	sigma_set_add(set, STR("2"), str_c(two), diags);
	sigma_set_add(set, STR("3"), STR("title: far\nname: far\nlogsource: {category: x}\ndetection: {s: {F: a}, condition: s}\n"), diags);
	sigma_set_bind(set, diags);
	assert_int_equal(set->counts.correlations, 2);
	assert_ptr_equal(set->rules[rule_of(set, "mine")->correlation->inputs[0].rule], rule_of(set, "two"));
	assert_ptr_equal(set->rules[rule_of(set, "ask")->correlation->inputs[0].rule], rule_of(set, "far"));
	sigma_set_free(set);
	diags_free(diags);
}

/* ---- what an event gives ---- */

static void test_feed(void **state)
{
	static const char mapping[] =
		"sources:\n"
		"  - {name: one, for: {category: test}, is: {event_id: 1}, rename: {User: SubjectUser}, absent: [Gone]}\n"
		"  - {name: two, for: {category: test}, is: {event_id: 2}, derive: {User: {join: '{D}\\{N}'}}}\n";
	static const char rules[] =
		"title: c\ncorrelation: {type: value_count, rules: A, group-by: [who], timespan: 1m, condition: {field: [Size, To], gte: 2},\n"
		"  aliases: {who: {A: User}}}\n"
		"---\ntitle: A\nname: A\nlogsource: {category: test}\ndetection: {s: {F: a}, condition: s}\n";
	struct sigma_set *set = sigma_set_new();
	struct diags *diags = diags_new();
	struct names *names;
	struct arena *arena = arena_new(0);
	struct sigma_feed_source source = {set, sigma_set_feed};
	struct sigma_feed feed = {0};
	struct str shown, value;
	struct event e;

	(void)state;
	assert_int_equal(sigma_set_mapping(set, STR("m"), str_c(mapping), diags), 0);
	sigma_set_add(set, STR("f"), str_c(rules), diags);
	sigma_set_bind(set, diags);
	assert_int_equal(set->rule_count, 2);
	names = names_new(set->keys);
	event_init(&e, names, arena);
	e.event_id = 2;
	event_add_named(&e, FIELD_DATA, STR("SubjectUser"), VALUE_TEXT, STR("no"));
	event_add_named(&e, FIELD_DATA, STR("D"), VALUE_TEXT, STR("Dom"));
	assert_false(sigma_feed_make(set->rules[1]->correlation, 0, &e, &source, &feed));
	event_add_named(&e, FIELD_DATA, STR("N"), VALUE_TEXT, STR("Bob"));
	assert_true(sigma_feed_make(set->rules[1]->correlation, 0, &e, &source, &feed));
	assert_false(feed.has_value);
	shown = buf_get(&feed.shown);
	assert_true(sigma_shown_next(&shown, &value));
	assert_true(str_eq(value, STR("Dom\\Bob")));
	assert_false(sigma_shown_next(&shown, &value));
	event_add_named(&e, FIELD_DATA, STR("Size"), VALUE_NUMBER, STR("12"));
	event_add_named(&e, FIELD_DATA, STR("To"), VALUE_NULL, STR(""));
	event_add_named(&e, FIELD_DATA, STR("To"), VALUE_TEXT, STR("x"));
	assert_true(sigma_feed_make(set->rules[1]->correlation, 0, &e, &source, &feed));
	assert_true(feed.has_value);
	sigma_feed_free(&feed);
	names_free(names);
	arena_free(arena);
	sigma_set_free(set);
	diags_free(diags);
}

/* ---- filters ---- */

#define FILTER(rules, rest) "title: f\nlogsource: {category: test}\nfilter:\n  rules: " rules "\n  s: {U: adm}\n" rest
#define FILTERED                                                                                                       \
	"---\ntitle: A\nname: A\nlogsource: {category: test, product: p}\n"                                            \
	"detection: {s: {F: a}, t: {G: a}, condition: all of them}\n"

struct filter_row {
	const char *name, *text;
	bool exclude;
	bool other, admin;		/* the rule meets an event whose user is somebody, adm */
	const char *problems;
};

static void check_filter(const struct filter_row *row)
{
	struct sigma_set *set = sigma_set_new();
	struct diags *diags = diags_new();
	struct arena *arena = arena_new(0);
	struct buf text = {0}, found = {0};

	set->filters_exclude = row->exclude;
	buf_text(&text, row->text);
	buf_text(&text, FILTERED);
	sigma_set_add(set, STR("f"), buf_get(&text), diags);
	sigma_set_bind(set, diags);
	list_problems(diags, &found);
	if (strcmp(found.p, row->problems) != 0)
		fail_msg("%s: '%s'", row->name, found.p);
	struct names *names = names_new(set->keys);
	struct sigma_naive *naive = sigma_naive_new(set);
	for (int admin = 0; admin < 2; admin++) {
		const uint32_t *rules;
		struct event e;

		event_init(&e, names, arena);
		e.category = STR("test");
		event_add_named(&e, FIELD_DATA, STR("F"), VALUE_TEXT, STR("a"));
		event_add_named(&e, FIELD_DATA, STR("G"), VALUE_TEXT, STR("a"));
		event_add_named(&e, FIELD_DATA, STR("U"), VALUE_TEXT, admin ? STR("adm") : STR("bob"));
		if (sigma_naive_run(naive, &e, &rules) != (admin ? row->admin : row->other))
			fail_msg("%s: %s", row->name, admin ? "adm" : "bob");
	}
	sigma_naive_free(naive);
	names_free(names);
	arena_free(arena);
	buf_free(&text);
	buf_free(&found);
	sigma_set_free(set);
	diags_free(diags);
}

static void test_filters(void **state)
{
	static const struct filter_row rows[] = {
		{"none", "", false, true, true, ""},
		{"not", FILTER("[A]", "  condition: not s\n"), false, true, false, ""},
		{"without not", FILTER("[A]", "  condition: s\n"), false, false, true, "~filter-without-not@6:14"},
		{"the other sense", FILTER("[A]", "  condition: s\n"), true, true, false, ""},
		{"not, the other sense", FILTER("[A]", "  condition: not s\n"), true, false, true, ""},
		{"any", FILTER("any", "  condition: not s\n"), false, true, false, ""},
		{"them is its own", FILTER("any", "  r: {V: x}\n  condition: not 1 of them\n"), false, true, false, ""},
		{"another rule", FILTER("[B]", "  condition: not s\n"), false, true, true, "~unknown-reference@4:11"},
		{"another source", "title: f\nlogsource: {category: x}\nfilter:\n  rules: [A]\n  s: {U: adm}\n  condition: not s\n", false,
		 true, true, "~filter-logsource@4:11"},
		{"narrower source", "title: f\nlogsource: {category: test, service: x}\nfilter:\n  rules: any\n  s: {U: adm}\n  condition: not s\n",
		 false, true, true, "~filter-unused@4:3"},
		{"its product", "title: f\nlogsource: {product: p}\nfilter:\n  rules: any\n  s: {U: adm}\n  condition: not s\n", false,
		 true, false, ""},
		{"two", FILTER("any", "  condition: not s\n") "---\n" FILTER("any", "  condition: s\n"), false, false, false,
		 "~filter-without-not@13:14"},
		{"no rules", "title: f\nlogsource: {category: test}\nfilter: {s: {U: adm}, condition: not s}\n", false, true, true,
		 "no-rules@3:9"},
		{"no condition", FILTER("any", ""), false, true, true, "no-condition@4:3"},
		{"no source", "title: f\nfilter: {rules: any, s: {U: adm}, condition: not s}\n", false, true, true, "no-logsource@1:1"},
		{"the rule's identifier", FILTER("any", "  condition: not t\n"), false, true, true, "unknown-identifier@6:18"},
		{"no map", "title: f\nlogsource: {category: test}\nfilter: x\n", false, true, true, "bad-filter@3:9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_filter(&rows[i]);
}

/* ---- placeholders ---- */

static const char values[] = "admins: [alice, 'b*b']\none: 7\npath: 'C:\\x\\'\nregex: ['a+', 'b.']\n";

struct expand_row { const char *item, *value; bool met; };

static void test_placeholders(void **state)
{
	static const struct expand_row rows[] = {
		{"F|expand: '%admins%'", "Alice", true},
		{"F|expand: '%admins%'", "bxxb", true},
		{"F|expand: '%admins%'", "carol", false},
		{"F|expand: 'x-%admins%-%one%'", "x-alice-7", true},
		{"F|expand: 'x-%admins%-%one%'", "x-bob-7", true},
		{"F|expand: 'x-%admins%-%one%'", "x-bob", false},
		{"F|expand: '%path%*'", "C:\\x\\y", true},
		{"F|contains|expand: '%admins%'", "malice", true},
		{"F|expand|contains: '%admins%'", "malice", true},
		{"F|expand|endswith: '\\%one%'", "x%one%", true},
		{"F|expand|all: ['*%one%*', '*%admins%*']", "7 alice", true},
		{"F|expand|all: ['*%one%*', '*%admins%*']", "7 carol", false},
		{"F|re|expand: '^%regex%c$'", "aac", true},
		{"F|re|expand: '^%regex%c$'", "bxc", true},
		{"F|re|expand: '^%regex%c$'", "bxxc", false},
		{"F|expand: '%path%%one%'", "C:\\x\\7", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sigma_set *set = sigma_set_new();
		struct diags *diags = diags_new();
		struct arena *arena = arena_new(0);
		const uint32_t *rules;
		struct event e;
		char text[400];

		assert_int_equal(sigma_set_placeholders(set, STR("p"), str_c(values), diags), 0);
		snprintf(text, sizeof text, "title: t\nlogsource: {category: test}\ndetection:\n  s:\n    %s\n  condition: s\n", rows[i].item);
		sigma_set_add(set, STR("f"), str_c(text), diags);
		sigma_set_bind(set, diags);
		struct names *names = names_new(set->keys);
		struct sigma_naive *naive = sigma_naive_new(set);
		event_init(&e, names, arena);
		e.category = STR("test");
		event_add_named(&e, FIELD_DATA, STR("F"), VALUE_TEXT, str_c(rows[i].value));
		if (set->rule_count != 1 || sigma_naive_run(naive, &e, &rules) != rows[i].met)
			fail_msg("%s on %s", rows[i].item, rows[i].value);
		sigma_naive_free(naive);
		names_free(names);
		arena_free(arena);
		sigma_set_free(set);
		diags_free(diags);
	}
}

static void test_placeholder_problems(void **state)
{
	static const struct { const char *file, *problems; int error; } rows[] = {
		{"a: [x, 7]\nb: y\n", "", 0},
		{"a: []\n", "placeholder-file@1:4", ERR_FORMAT},
		{"- a\n", "placeholder-file@1:1", ERR_FORMAT},
		{"a: {b: c}\nd: [[e]]\n", "placeholder-file@1:4 placeholder-file@2:5", ERR_FORMAT},
		{"a: null\n", "placeholder-file@1:4", ERR_FORMAT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sigma_set *set = sigma_set_new();
		struct diags *diags = diags_new();
		struct buf found = {0};

		assert_int_equal(sigma_set_placeholders(set, STR("p"), str_c(rows[i].file), diags), rows[i].error);
		list_problems(diags, &found);
		assert_string_equal(found.p, rows[i].problems);
		buf_free(&found);
		sigma_set_free(set);
		diags_free(diags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load), cmocka_unit_test(test_references), cmocka_unit_test(test_depth),
		cmocka_unit_test(test_timespan), cmocka_unit_test(test_generate), cmocka_unit_test(test_files),
		cmocka_unit_test(test_feed), cmocka_unit_test(test_filters), cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_placeholder_problems),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
