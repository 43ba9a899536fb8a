#include "scan/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"

static char folder[] = "/tmp/truc-scan-XXXXXX";

static const char *write_file(const char *name, const char *text)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(io_write_file(path, str_c(text), false), 0);
	return path;
}

static int load(const char *name, struct diags *diags, struct scan_rules **out)
{
	char path[256];
	const char *paths[] = {path};

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return scan_rules_load(paths, 1, diags, out);
}

static void test_hashes(void **state)
{
	struct scan_file *f = scan_begin(NULL, SCAN_MD5 | SCAN_SHA1 | SCAN_SHA256, "x");
	const struct scan_result *r;

	(void)state;
	scan_bytes(f, STR("a"));
	scan_bytes(f, STR(""));
	scan_bytes(f, STR("bc"));
	r = scan_end(f);
	assert_string_equal(r->md5, "900150983cd24fb0d6963f7d28e17f72");
	assert_string_equal(r->sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_string_equal(r->sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(r->bytes, 3);
	assert_int_equal(r->match_count, 0);
	scan_free(f);
	f = scan_begin(NULL, SCAN_SHA256, "x");
	r = scan_end(f);
	assert_string_equal(r->md5, "");
	assert_string_equal(r->sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	scan_free(f);
}

static void test_rules(void **state)
{
	struct diags *diags = diags_new();
	struct scan_rules *rules;

	(void)state;
	write_file("shell.yar", "rule Shell { meta: description = \"A web shell\" score = 95 strings: $a = \"eval(\" $b = { 00 41 }\n"
		   "condition: any of them and extension == \".aspx\" }\nrule Plain { condition: filename == \"x.txt\" }\n");
	write_file("broken.yar", "rule Ok { condition: true }\nrule Bad {\n condition: nonsense }\n");
	write_file("other.txt", "rule NotRead { condition: true }\n");
	assert_int_equal(load("", diags, &rules), 0);
	assert_int_equal(scan_rules_count(rules), 2);
	assert_int_equal(scan_rules_refused(rules), 1);
	assert_int_equal(diags_count(diags, DIAG_ERROR), 1);
	assert_int_equal(diags_at(diags, 0)->line, 3);
	assert_true(str_eq(scan_rules_info(rules, 0).id, STR("yara:shell:Shell")));
	assert_true(str_eq(scan_rules_info(rules, 0).title, STR("A web shell")));
	assert_int_equal(scan_rules_info(rules, 0).severity, 4);
	assert_true(str_eq(scan_rules_info(rules, 1).title, STR("Plain")));
	assert_int_equal(scan_rules_info(rules, 1).severity, 3);

	struct scan_file *f = scan_begin(rules, 0, "evidence/up/x.aspx");
	scan_bytes(f, STR("<% ev"));
	scan_bytes(f, str_n("al(1) \0A\x1b", 9));
	const struct scan_result *r = scan_end(f);
	assert_int_equal(r->match_count, 1);
	assert_int_equal(r->matches[0].string_count, 2);
	assert_true(str_eq(r->matches[0].strings[0].name, STR("$a")));
	assert_int_equal(r->matches[0].strings[0].offset, 3);
	assert_true(str_eq(r->matches[0].strings[1].excerpt, STR("\\x00A")));
	scan_free(f);

	f = scan_begin(rules, 0, "evidence/x.txt");
	scan_bytes(f, STR("eval("));
	r = scan_end(f);
	assert_int_equal(r->match_count, 1);
	assert_int_equal(r->matches[0].rule, 1);
	scan_free(f);
	scan_rules_free(rules);
	diags_free(diags);
}

static void test_includes(void **state)
{
	struct diags *diags = diags_new();
	struct scan_rules *rules;

	(void)state;
	write_file("part.inc", "rule Part { condition: true }\n");
	write_file("whole.yar", "include \"part.inc\"\nrule Whole { condition: Part }\n");
	assert_int_equal(load("whole.yar", diags, &rules), 0);
	assert_int_equal(scan_rules_count(rules), 2);
	scan_rules_free(rules);
	write_file("outside.yar", "include \"../../../../etc/passwd\"\n");
	assert_int_equal(load("outside.yar", diags, &rules), ERR_FORMAT);
	assert_true(diags_count(diags, DIAG_ERROR) >= 1);
	scan_rules_free(rules);
	assert_int_equal(load("absent.yar", diags, &rules), ERR_NOENT);
	scan_rules_free(rules);
	diags_free(diags);
}

/* A match that lies across the end of a window, and one far behind. */
static void test_windows(void **state)
{
	struct diags *diags = diags_new();
	size_t n = SCAN_WINDOW_MAX + (4u << 20);
	char *bytes = malloc(n);
	struct scan_rules *rules;
	struct scan_file *f;
	const struct scan_result *r;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, '.', n);
	memcpy(bytes + SCAN_WINDOW_MAX - 4, "ACROSSTHEEND", 12);
	memcpy(bytes + n - 10, "ATTHEEND", 8);
	write_file("windows.yar", "rule Across { strings: $a = \"ACROSSTHEEND\" condition: $a }\n"
		   "rule End { strings: $a = \"ATTHEEND\" condition: $a }\n");
	assert_int_equal(load("windows.yar", diags, &rules), 0);
	f = scan_begin(rules, 0, "large");
	for (size_t at = 0; at < n; at += 1000003)
		scan_bytes(f, str_n(bytes + at, n - at < 1000003 ? n - at : 1000003));
	r = scan_end(f);
	assert_int_equal(r->match_count, 2);
	assert_int_equal(r->matches[0].strings[0].offset, SCAN_WINDOW_MAX - 4);
	assert_int_equal(r->matches[1].strings[0].offset, n - 10);
	assert_int_equal(r->bytes, n);
	scan_free(f);
	scan_rules_free(rules);
	diags_free(diags);
	free(bytes);
}

static int clean(void **state)
{
	static const char *const names[] = {"a", "shell.yar", "broken.yar", "other.txt", "part.inc", "whole.yar", "outside.yar", "windows.yar"};
	char path[256];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes), cmocka_unit_test(test_rules), cmocka_unit_test(test_includes),
		cmocka_unit_test(test_windows),
	};

	if (!mkdtemp(folder))
		return 1;
	return cmocka_run_group_tests(tests, NULL, clean);
}
