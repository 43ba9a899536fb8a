/*
 * Rule folders, the cache of compiled rules, SigmaHQ's folders, samples beside rules, and what explain says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"
#include "base/testing.h"
#include "hunt/explain.h"
#include "hunt/ruleset.h"
#include "hunt/samples.h"

#define RULE(title, value) \
	"title: " title "\nlogsource: {product: linux}\ndetection:\n  sel: {F|contains: " value "}\n  condition: sel\n"

static char home[64];

static const char *below(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *p = paths[next++ % 4];

	snprintf(p, sizeof paths[0], "%s/%s", home, name);
	return p;
}

static void write_text(const char *name, const char *text)
{
	assert_int_equal(io_write_file(below(name), str_c(text), false), 0);
}

static int setup(void **state)
{
	(void)state;
	snprintf(home, sizeof home, "/tmp/truc-test-XXXXXX");
	assert_non_null(mkdtemp(home));
	assert_int_equal(io_make_dirs(below("rules/sub"), 0755), 0);
	setenv("XDG_CACHE_HOME", below("cache"), 1);
	write_text("rules/b.yml", RULE("b", "bb"));
	write_text("rules/sub/a.yaml", RULE("a", "aa"));
	write_text("rules/note.txt", "not a rule");
	return 0;
}

static int remove_one(void *user, const char *path)
{
	(void)user;
	return unlink(path);
}

static int teardown(void **state)
{
	static const char *const folders[] = {"rules/sub", "rules", "cache/truc", "cache", "samples", ""};
	struct io_walk walk = {.visit = remove_one};
	int err = io_walk(home, &walk);

	(void)state;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		rmdir(below(folders[i]));
	return err;
}

static void test_folder(void **state)
{
	const char *paths[] = {below("rules")}, *none[] = {below("nothing")};
	struct diags *diags = diags_new();
	struct sigma_set *set;

	(void)state;
	assert_int_equal(ruleset_load(paths, 1, "packs", diags, &set), 0);
	assert_int_equal(set->rule_count, 2);
	assert_true(str_eq(set->rules[0]->title, STR("b")));
	assert_true(str_eq(set->rules[1]->title, STR("a")));
	sigma_set_free(set);
	assert_int_equal(ruleset_load(none, 1, "packs", diags, &set), ERR_NOENT);
	assert_int_equal(diags_count(diags, DIAG_ERROR), 1);
	assert_int_equal(ruleset_load(paths, 1, "nowhere", diags, &set), ERR_NOENT);
	diags_free(diags);
}

/* ---- the cache ---- */

static bool program_cached(bool *out_note)
{
	const char *paths[] = {below("rules")};
	struct diags *diags = diags_new();
	struct ruleset_origin origin;
	struct sigma_program *program;

	assert_int_equal(ruleset_program(paths, 1, "packs", 1, diags, &origin, &program), 0);
	assert_int_equal(sigma_program_rule_count(program), 2);
	sigma_program_free(program);
	diags_free(diags);
	if (out_note)
		*out_note = origin.note[0] != '\0';
	else if (origin.note[0])
		fail_msg("%s", origin.note);
	return origin.cached;
}

static int note_name(void *user, const char *path)
{
	struct buf *b = user;

	buf_clear(b);
	buf_text(b, path);
	buf_byte(b, '\0');
	return 0;
}

static void image_name(struct buf *out)
{
	struct io_walk walk = {.visit = note_name, .user = out};

	assert_int_equal(io_walk(below("cache/truc"), &walk), 0);
	assert_true(out->n > 0);
}

static void flip_byte(const char *path, long at)
{
	FILE *f = fopen(path, "r+b");
	int c;

	assert_non_null(f);
	fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
	c = fgetc(f);
	fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
	fputc(c ^ 1, f);
	fclose(f);
}

static void test_cache(void **state)
{
	struct buf name = {0};
	struct stat st;
	bool note;

	(void)state;
	assert_false(program_cached(NULL));
	assert_true(program_cached(NULL));
	image_name(&name);
	assert_int_equal(stat(name.p, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(below("cache/truc"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* Each of these makes the image unfit once; it is then written anew. */
	static const long places[] = {0, 100, 2000, -1, -33};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		flip_byte(name.p, places[i]);
		assert_false(program_cached(NULL));
		assert_true(program_cached(NULL));
	}
	assert_int_equal(truncate(name.p, 1000), 0);
	assert_false(program_cached(NULL));
	assert_int_equal(chmod(name.p, 0644), 0);
	assert_false(program_cached(NULL));
	assert_true(program_cached(NULL));
	write_text("rules/b.yml", RULE("b", "cc"));
	assert_false(program_cached(NULL));
	assert_true(program_cached(NULL));
	/* A folder that others can write to is not used, nor changed. */
	assert_int_equal(chmod(below("cache/truc"), 0777), 0);
	assert_false(program_cached(&note));
	assert_true(note);
	assert_int_equal(chmod(below("cache/truc"), 0700), 0);
	assert_true(program_cached(NULL));
	buf_free(&name);
}

static void test_cache_unwritable(void **state)
{
	bool note;

	(void)state;
	write_text("file", "");
	setenv("XDG_CACHE_HOME", below("file"), 1);
	assert_false(program_cached(&note));
	assert_true(note);
	setenv("XDG_CACHE_HOME", below("cache"), 1);
}

static int count_one(void *user, const char *path)
{
	(void)path;
	++*(unsigned *)user;
	return 0;
}

static void test_cache_bounded(void **state)
{
	struct buf text = {0};
	unsigned count = 0;

	(void)state;
	for (unsigned i = 0; i < RULESET_IMAGES_KEPT + 3; i++) {
		buf_clear(&text);
		buf_printf(&text, RULE("b", "x%u"), i);
		buf_byte(&text, '\0');
		write_text("rules/b.yml", text.p);
		assert_false(program_cached(NULL));
	}
	assert_true(program_cached(NULL));
	buf_free(&text);
	struct io_walk walk = {.visit = count_one, .user = &count};

	assert_int_equal(io_walk(below("cache/truc"), &walk), 0);
	assert_int_equal(count, RULESET_IMAGES_KEPT);
}

/* ---- SigmaHQ ---- */

/* Before anything is allocated: skip() does not return. */
static void need_shared(void)
{
	if (!testing_shared("sigma/rules/rules") || !testing_shared("sigma/spec/tests"))
		skip();
}

static void load_shared(const char *const *folders, struct sigma_set **set, struct diags *diags)
{
	char text[8][4200];
	const char *list[8];
	size_t n = 0;

	for (; folders[n]; n++) {
		snprintf(text[n], sizeof text[n], "%s", testing_shared(folders[n]));
		list[n] = text[n];
	}
	assert_int_equal(ruleset_load(list, n, "packs", diags, set), 0);
}

static void test_sigmahq(void **state)
{
	static const char *const active[] = {"sigma/rules/rules", "sigma/rules/rules-emerging-threats",
		"sigma/rules/rules-threat-hunting", "sigma/rules/rules-placeholder", "sigma/rules/rules-compliance", NULL};
	struct diags *diags;
	struct sigma_set *set;

	(void)state;
	need_shared();
	diags = diags_new();
	load_shared(active, &set, diags);
	assert_int_equal(set->counts.files, 3780);
	assert_int_equal(set->counts.loaded, 3755);
	assert_int_equal(set->counts.refused, 0);
	assert_int_equal(set->counts.unsupported, 25);
	assert_int_equal(set->counts.placeholders, 25);
	assert_int_equal(diags_count(diags, DIAG_ERROR), 0);
	sigma_set_free(set);
	diags_free(diags);
}

static void test_sigmahq_others(void **state)
{
	static const char *const unsupported[] = {"sigma/rules/unsupported", NULL}, *const spec[] = {"sigma/spec/tests", NULL};
	struct diags *diags;
	struct sigma_set *set;

	(void)state;
	need_shared();
	diags = diags_new();
	load_shared(unsupported, &set, diags);
	assert_int_equal(set->counts.files, 87);
	assert_int_equal(set->counts.loaded + set->counts.refused + set->counts.unsupported, set->counts.documents);
	assert_true(set->counts.refused + set->counts.unsupported >= 62);
	sigma_set_free(set);
	load_shared(spec, &set, diags);
	assert_int_equal(set->counts.loaded, 1);
	assert_int_equal(set->counts.documents, 12);
	assert_int_equal(set->counts.loaded + set->counts.refused + set->counts.unsupported + set->counts.correlations +
			 set->counts.filters, set->counts.documents);
	/* Of another taxonomy; the correlations name rules that are not among the tests. */
	assert_int_equal(set->counts.unsupported, 3);
	assert_int_equal(set->counts.refused, 7);
	assert_int_equal(set->counts.correlations, 0);
	assert_int_equal(set->counts.filters, 1);
	sigma_set_free(set);
	diags_free(diags);
}

/* ---- samples, explain ---- */

static void test_samples(void **state)
{
	struct samples_tally tally = {0};
	struct buf out = {0};

	(void)state;
	assert_int_equal(io_make_dirs(below("samples"), 0755), 0);
	write_text("samples/r.yml", RULE("r", "evil"));
	write_text("samples/alone.yml", RULE("alone", "x"));
	write_text("samples/r.match.json", "{\"F\":\"an evil one\"}\n{\"F\":\"EVIL\"}\n");
	write_text("samples/r.miss.json", "{\"F\":\"good\"}\n");
	assert_int_equal(samples_test(below("samples"), "packs", false, &out, &tally), 0);
	if (tally.passed != 2 || tally.failed != 0 || tally.rules != 2 || tally.without != 1)
		fail_msg("%.*s", STR_ARGS(buf_get(&out)));
	write_text("samples/r.match.2.json", "{\"F\":\"evil\"}\n{\"F\":\"good\"}\n");
	write_text("samples/r.miss.2.json", "{\"F\":\"evil\"}\n");
	write_text("samples/r.match.3.json", "\n");
	write_text("samples/none.match.json", "{\"F\":\"evil\"}\n");
	tally = (struct samples_tally){0};
	assert_int_equal(samples_test(below("samples"), "packs", false, &out, &tally), 0);
	assert_int_equal(tally.passed, 2);
	assert_int_equal(tally.failed, 4);
	tally = (struct samples_tally){0};
	assert_int_equal(samples_test(below("samples/alone.yml"), "packs", true, &out, &tally), 0);
	assert_int_equal(tally.rules, 1);
	assert_int_equal(tally.without, 1);
	buf_free(&out);
}

static void on_event(void *user, struct event *e)
{
	struct explain *x = user;

	assert_true(explain_rule(x, 0, e));
}

static void test_explain(void **state)
{
	static const char wanted[] =
		"✓ \"r\" meets event 1\n"
		"  ✓ as the rule's own log source, which the mapping does not list\n"
		"    ✓ product is \"linux\": the event's is unknown, which is no conflict\n"
		"    ✓ F|contains: \"evil\"   the event has \"an ev\\il evil?[2J\"\n";
	const char *paths[] = {below("samples/x.yml")};
	struct diags *diags = diags_new();
	struct sample_result result;
	struct buf out = {0};
	struct explain x = {.out = &out};
	struct sigma_set *set;

	(void)state;
	write_text("samples/x.yml", RULE("r", "evil"));
	write_text("samples/x.json", "{\"F\":\"an ev\\\\il evil\\u001b[2J\"}\n");
	assert_int_equal(ruleset_load(paths, 1, "packs", diags, &set), 0);
	x.set = set;
	x.naive = sigma_naive_new(set);
	assert_int_equal(samples_each(below("samples/x.json"), set->keys, on_event, &x, &result), 0);
	buf_byte(&out, '\0');
	assert_string_equal(out.p, wanted);
	sigma_naive_free(x.naive);
	sigma_set_free(set);
	diags_free(diags);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_cache_unwritable),
		cmocka_unit_test(test_cache_bounded),
		cmocka_unit_test(test_sigmahq),
		cmocka_unit_test(test_sigmahq_others),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
