#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/yaml.h"

static struct arena *arena;
static struct diags *diags;

static struct yaml_documents load(const char *text)
{
	struct yaml_documents docs;

	diags_free(diags);
	diags = diags_new();
	yaml_load(STR("t"), str_c(text), arena, diags, &docs);
	return docs;
}

static void test_types(void **state)
{
	static const struct { const char *plain; enum yaml_type type; } rows[] = {
		{"", YAML_NULL}, {"~", YAML_NULL}, {"null", YAML_NULL}, {"NULL", YAML_NULL}, {"nULL", YAML_TEXT},
		{"true", YAML_BOOL}, {"FALSE", YAML_BOOL}, {"yes", YAML_TEXT}, {"no", YAML_TEXT}, {"on", YAML_TEXT},
		{"0", YAML_INT}, {"-12", YAML_INT}, {"+3", YAML_INT}, {"0123", YAML_INT}, {"0x1F", YAML_INT}, {"0o17", YAML_INT},
		{"0o8", YAML_TEXT}, {"0x", YAML_TEXT}, {"0xg", YAML_TEXT}, {"1_000", YAML_TEXT}, {"-0x1", YAML_TEXT},
		{"1.5", YAML_FLOAT}, {"1.", YAML_FLOAT}, {".5", YAML_FLOAT}, {"1e3", YAML_FLOAT}, {"-1.5E-3", YAML_FLOAT},
		{"1e", YAML_TEXT}, {".", YAML_TEXT}, {"-", YAML_TEXT}, {"+", YAML_TEXT}, {"-.", YAML_TEXT}, {"1.2.3", YAML_TEXT},
		{".inf", YAML_FLOAT}, {"-.INF", YAML_FLOAT}, {".nan", YAML_FLOAT}, {"inf", YAML_TEXT},
		{"2024-01-02", YAML_TEXT}, {"12:30", YAML_TEXT}, {"a", YAML_TEXT}, {"1a", YAML_TEXT}, {"e3", YAML_TEXT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (yaml_type_of(str_c(rows[i].plain)) != rows[i].type)
			fail_msg("'%s' is %d", rows[i].plain, yaml_type_of(str_c(rows[i].plain)));
}

static void test_tree(void **state)
{
	struct yaml_documents d = load("a: 1\nb:\n  - 'x: y'\n  - {c: null, d: \"null\"}\nc: |\n  two\n  lines\n");
	const struct yaml_node *root, *list;

	(void)state;
	assert_int_equal(d.count, 1);
	root = d.at[0];
	assert_int_equal(root->kind, YAML_MAP);
	assert_int_equal(root->count, 3);
	assert_int_equal(yaml_get(root, "a")->type, YAML_INT);
	list = yaml_get(root, "b");
	assert_int_equal(list->count, 2);
	assert_true(str_eq(list->items[0]->text, STR("x: y")));
	assert_int_equal(list->items[0]->line, 3);
	assert_int_equal(list->items[0]->column, 5);
	assert_true(list->items[0]->quoted);
	assert_null(yaml_text(yaml_get(list->items[1], "c")).p);
	assert_true(str_eq(yaml_text(yaml_get(list->items[1], "d")), STR("null")));
	assert_true(yaml_get(root, "c")->block);
	assert_true(str_eq(yaml_text(yaml_get(root, "c")), STR("two\nlines\n")));
	assert_null(yaml_get(root, "z"));
	assert_null(yaml_get(list, "a"));
	assert_null(yaml_get(NULL, "a"));
}

/* What is read of a text: documents kept, documents lost, the first problem and its line. */
static void test_documents(void **state)
{
	static const struct { const char *name, *text; uint32_t count, bad; const char *code; uint32_t line; } rows[] = {
		{"empty", "", 0, 0, NULL, 0},
		{"comments", "# a\n\n# b\n", 0, 0, NULL, 0},
		{"markers", "---\na: 1\n---\nb: 2\n", 2, 0, NULL, 0},
		{"trailing marker", "a: 1\n---\n", 1, 0, NULL, 0},
		{"directive", "%YAML 1.2\n---\na: 1\n", 1, 0, NULL, 0},
		{"dots", "a: 1\n...\nb: 2\n", 1, 1, "yaml", 3},
		{"dots and marker", "a: 1\n...\n---\nb: 2\n", 2, 0, NULL, 0},
		{"mark in text", "a: |\n  x\n  ---\n  y\n", 1, 0, NULL, 0},
		{"windows line ends", "a: 1\r\n---\r\nb: 2\r\n", 2, 0, NULL, 0},
		{"byte order mark", "\xEF\xBB\xBF" "a: 1\n", 1, 0, NULL, 0},
		{"bad first", "a: [\n---\nb: 2\n", 1, 1, "yaml", 2},
		{"bad in the middle", "a: 1\n---\nb: 'x\n---\nc: 3\n", 2, 1, "yaml", 4},
		{"bad last", "a: 1\n---\nb: }\n", 1, 1, "yaml", 3},
		{"bad UTF-8", "a: 1\n---\nb: \xFF\n---\nc: 3\n", 2, 1, "yaml-utf8", 3},
		{"control byte", "a: \x01\n", 0, 1, "yaml", 1},
		{"duplicate key", "a: 1\nb: 2\na: 3\n", 0, 1, "yaml-duplicate-key", 3},
		{"duplicate, one quoted", "{a: 1, 'a': 2}", 0, 1, "yaml-duplicate-key", 1},
		{"key is a list", "? [a]\n: b\n", 0, 1, "yaml-key", 1},
		{"alias", "a: &x [1]\nb: *x\n", 1, 0, NULL, 0},
		{"alias to nothing", "a: *x\n", 0, 1, "yaml", 1},
		{"alias to itself", "a: &x [*x]\n", 0, 1, "yaml", 1},
		{"deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 0, 1, "yaml-limit", 1},
		{"laughs", "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
			"c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
			"e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n", 0, 1, "yaml-limit", 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct yaml_documents d = load(rows[i].text);
		const struct diag *first = diags_kept(diags) ? diags_at(diags, 0) : NULL;

		if (d.count != rows[i].count || d.bad != rows[i].bad)
			fail_msg("%s: %u documents, %u bad", rows[i].name, d.count, d.bad);
		if ((first != NULL) != (rows[i].code != NULL))
			fail_msg("%s: %zu problems", rows[i].name, diags_kept(diags));
		if (first && (strcmp(first->code, rows[i].code) != 0 || first->line != rows[i].line))
			fail_msg("%s: %s at line %u", rows[i].name, first->code, first->line);
	}
}

static void test_many_keys(void **state)
{
	struct buf b = {0};

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		buf_printf(&b, "k%u: %u\n", i, i);
	buf_text(&b, "k500: again\n");
	buf_byte(&b, '\0');
	assert_int_equal(load(b.p).bad, 1);
	assert_int_equal(diags_at(diags, 0)->line, 1001);
	buf_free(&b);
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new(0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	diags_free(diags);
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_many_keys),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
