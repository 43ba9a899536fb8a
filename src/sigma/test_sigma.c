/*
 * Loading and evaluating, from the .case texts in tests/cases/sigma. Their form:
 *
 *   == name                         a case: the lines up to the next "--" are the rule, or only what stands below `detection:`
 *   -- match, -- miss               an event, one field a line, and what the naive evaluator must say
 *   -- error CODE [LINE]            the loader must report CODE (at that line); also unsupported, warning
 *
 * Event lines: Name=text, Name#=number, Name (null), raw=..., @product= @category= @service= @channel= @provider=
 * @event_id= for the source; {LF} is a line feed. Without any '@' line the source is that of the rule `category: test`.
 * Lines beginning with "# " are comments. A case named "mapping" sets the mapping for the cases behind it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"
#include "base/testing.h"
#include "base/vec.h"
#include "sigma/naive.h"

struct rig {
	struct arena *arena;
	struct sigma_set *set;
	struct sigma_naive *naive;
	struct diags *diags;
	struct str mapping, name, head;
	unsigned checks, wrong;
	bool diag_checked;
};

static void drop_set(struct rig *r)
{
	sigma_naive_free(r->naive);
	sigma_set_free(r->set);
	diags_free(r->diags);
	r->set = NULL;
	r->naive = NULL;
	r->diags = NULL;
}

static void wrong(struct rig *r, const char *what)
{
	print_message("case %.*s: %s\n", STR_ARGS(r->name), what);
	for (size_t i = 0; i < diags_kept(r->diags); i++) {
		struct buf b = {0};

		diag_print(diags_at(r->diags, i), &b);
		print_message("    %.*s\n", STR_ARGS(buf_get(&b)));
		buf_free(&b);
	}
	r->wrong++;
}

static void load_case(struct rig *r, struct str body)
{
	struct buf rule = {0};

	drop_set(r);
	r->set = sigma_set_new();
	r->diags = diags_new();
	r->diag_checked = false;
	if (r->mapping.p && sigma_set_mapping(r->set, STR("mapping"), r->mapping, r->diags) < 0)
		wrong(r, "the mapping does not load");
	if (str_find(body, STR("detection:")) < 0) {
		buf_text(&rule, "title: test\nlogsource: {category: test}\ndetection:\n");
		while (body.n) {
			buf_text(&rule, "    ");
			buf_str(&rule, str_cut(&body, '\n'));
			buf_byte(&rule, '\n');
		}
	} else {
		buf_str(&rule, body);
	}
	sigma_set_add(r->set, STR("case"), arena_str(r->arena, buf_get(&rule)), r->diags);
	sigma_set_bind(r->set, r->diags);
	r->naive = sigma_naive_new(r->set);
	buf_free(&rule);
}

static struct str unescape(struct rig *r, struct str s)
{
	struct buf b = {0};

	for (ptrdiff_t at; (at = str_find(s, STR("{LF}"))) >= 0; s = str_skip(s, (size_t)at + 4)) {
		buf_str(&b, str_head(s, (size_t)at));
		buf_byte(&b, '\n');
	}
	buf_str(&b, s);
	s = arena_str(r->arena, buf_get(&b));
	buf_free(&b);
	return s;
}

static bool set_source(struct event *e, struct str name, struct str value)
{
	struct { const char *name; struct str *out; } parts[] = {
		{"@product", &e->product}, {"@category", &e->category}, {"@service", &e->service},
		{"@channel", &e->channel}, {"@provider", &e->provider}, {"raw", &e->raw}};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (!str_eq(name, str_c(parts[i].name)))
			continue;
		*parts[i].out = value;
		return true;
	}
	if (str_eq(name, STR("@event_id")))
		assert_int_equal(str_to_i64(value, &e->event_id), 0);
	return name.n && name.p[0] == '@';
}

static void read_event(struct rig *r, struct str body, struct event *e)
{
	if (str_find_byte(body, '@') != 0)
		e->category = STR("test");
	while (body.n) {
		struct str line = str_cut(&body, '\n'), name = line, value = STR_NONE;
		ptrdiff_t at = str_find_byte(line, '=');
		enum value_kind kind = VALUE_NULL;

		if (!line.n)
			continue;
		if (at >= 0) {
			name = str_head(line, (size_t)at);
			value = unescape(r, str_skip(line, (size_t)at + 1));
			kind = VALUE_TEXT;
		}
		if (kind == VALUE_TEXT && name.n && name.p[name.n - 1] == '#') {
			kind = VALUE_NUMBER;
			name.n--;
		}
		if (!set_source(e, name, value))
			event_add_named(e, FIELD_DATA, name, kind, value);
	}
}

static void check_event(struct rig *r, struct str body, bool wanted)
{
	struct names *names = names_new(r->set->keys);
	struct arena *arena = arena_new(0);
	const uint32_t *rules;
	struct event e;

	event_init(&e, names, arena);
	read_event(r, body, &e);
	if (!r->set->rule_count)
		wrong(r, "the rule did not load");
	else if ((sigma_naive_run(r->naive, &e, &rules) == 1) != wanted)
		wrong(r, (wanted ? arena_printf(r->arena, "no match of: %.*s", STR_ARGS(body))
				 : arena_printf(r->arena, "match of: %.*s", STR_ARGS(body))).p);
	r->checks++;
	names_free(names);
	arena_free(arena);
}

static bool has_diag(struct rig *r, enum diag_severity severity, struct str code, uint64_t line)
{
	for (size_t i = 0; i < diags_kept(r->diags); i++) {
		const struct diag *d = diags_at(r->diags, i);

		if (d->severity == severity && str_eq(str_c(d->code), code) && (!line || d->line == line))
			return true;
	}
	return false;
}

static void check_diag(struct rig *r, struct str words)
{
	static const char *const names[] = {"error", "unsupported", "warning"};
	struct str kind = str_cut(&words, ' '), code = str_cut(&words, ' ');
	uint64_t line = 0;
	int severity = 0;

	while (severity < 3 && !str_eq(kind, str_c(names[severity])))
		severity++;
	assert_true(severity < 3);
	if (words.p)
		assert_int_equal(str_to_u64(words, &line), 0);
	if (!has_diag(r, (enum diag_severity)severity, code, line))
		wrong(r, arena_printf(r->arena, "not reported: %.*s", STR_ARGS(code)).p);
	if (severity < 2 && r->set->rule_count)
		wrong(r, "the rule loaded all the same");
	r->diag_checked |= severity < 2;
	r->checks++;
}

/* The lines up to the next that begins with "==" or "--"; comments are cut out by the caller. */
static struct str take_body(struct str *rest)
{
	struct str whole = *rest;

	while (rest->n && !str_starts(*rest, STR("== ")) && !str_starts(*rest, STR("-- "))) {
		ptrdiff_t end = str_find_byte(*rest, '\n');

		*rest = str_skip(*rest, end < 0 ? rest->n : (size_t)end + 1);
	}
	return str_head(whole, whole.n - rest->n);
}

static void run_section(struct rig *r, struct str head, struct str body)
{
	if (str_starts(head, STR("== "))) {
		r->name = str_skip(head, 3);
		if (str_eq(r->name, STR("mapping")))
			r->mapping = body;
		else
			load_case(r, body);
	} else if (str_eq(head, STR("-- match")) || str_eq(head, STR("-- miss"))) {
		check_event(r, body, str_eq(head, STR("-- match")));
	} else {
		check_diag(r, str_skip(head, 3));
	}
}

static void run_file(const char *path)
{
	struct rig r = {.arena = arena_new(0)};
	struct str text, rest;
	struct buf plain = {0};

	assert_int_equal(io_read_file(path, 1u << 20, r.arena, &text), 0);
	while (text.n) {
		struct str line = str_cut(&text, '\n');

		if (!str_starts(line, STR("# ")) && line.n) {
			buf_str(&plain, line);
			buf_byte(&plain, '\n');
		}
	}
	rest = buf_get(&plain);
	while (rest.n) {
		struct str head = str_cut(&rest, '\n');

		run_section(&r, head, take_body(&rest));
	}
	drop_set(&r);
	arena_free(r.arena);
	buf_free(&plain);
	assert_true(r.checks > 10);
	assert_int_equal(r.wrong, 0);
}

static void test_match(void **state)
{
	(void)state;
	run_file("tests/cases/sigma/match.case");
}

static void test_load(void **state)
{
	(void)state;
	run_file("tests/cases/sigma/load.case");
}

static void test_condition(void **state)
{
	(void)state;
	run_file("tests/cases/sigma/condition.case");
}

static void test_source(void **state)
{
	(void)state;
	run_file("tests/cases/sigma/source.case");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_condition),
		cmocka_unit_test(test_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
