#include "intel/lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/io.h"
#include "base/testing.h"
#include "intel/pull.h"

/* What each alternative asks for: "type value & type value | ...", "!" before a reason. */
static struct str lowered(const char *pattern, struct arena *a)
{
	struct pattern_error error;
	struct pattern_node *n = pattern_parse(str_c(pattern), a, &error);
	struct lower_list l;
	struct buf b = {0};
	struct str out;

	if (!n)
		return arena_printf(a, "wrong at %zu", error.at);
	l = lower_pattern(n, a);
	for (uint32_t i = 0; i < l.n; i++) {
		buf_text(&b, i ? " | " : "");
		if (l.at[i].why)
			buf_printf(&b, "!%s", l.at[i].why);
		for (uint32_t k = 0; !l.at[i].why && k < l.at[i].count; k++)
			buf_printf(&b, "%s%s %.*s", k ? " & " : "", intel_type_info((enum intel_type)l.at[i].leaves[k].type)->id + 10,
				   STR_ARGS(l.at[i].leaves[k].value));
		if (!l.at[i].why && l.at[i].joined)
			buf_text(&b, " (one event)");
	}
	out = arena_str(a, buf_get(&b));
	buf_free(&b);
	return out;
}

static const struct { const char *pattern, *want; } rows[] = {
	{"[ipv4-addr:value = '203.0.113.9']", "ipv4-addr 203.0.113.9"},
	{"[ipv4-addr:value == '203.0.113.9']", "ipv4-addr 203.0.113.9"},
	{"[ipv4-addr:value ISSUBSET '203.0.113.0/24']", "ipv4-addr 203.0.113.0/24"},
	{"[ipv4-addr:value IN ('203.0.113.9', '203.0.113.10')]", "ipv4-addr 203.0.113.9 | ipv4-addr 203.0.113.10"},
	{"[domain-name:value = 'evil.example' OR url:value = 'http://evil.example/']", "domain-name evil.example | url http://evil.example/"},
	{"[domain-name:value = 'a.example'] OR [domain-name:value = 'b.example']", "domain-name a.example | domain-name b.example"},
	{"[file:hashes.'SHA-256' = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']",
	 "file-sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"[file:hashes[*] = '8665c8d477534008b3058b72e2dae8ae']", "file-md5 8665c8d477534008b3058b72e2dae8ae"},
	{"[file:name = 'a.exe' AND file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
	 "file-name a.exe & file-md5 d41d8cd98f00b204e9800998ecf8427e"},
	{"[file:name = 'a.exe' AND file:parent_directory_ref.path = 'C:\\\\Users']", "file-path C:\\Users\\a.exe"},
	{"[file:parent_directory_ref.path = 'C:\\\\Users']", "!it asks for a folder without a file"},
	{"[network-traffic:dst_ref.value = 'evil.example']", "domain-name evil.example"},
	{"[network-traffic:dst_ref.value = '203.0.113.9' AND network-traffic:dst_port = 443]", "!it asks for a property that is not looked up"},
	{"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'evil agent']", "user-agent evil agent"},
	{"[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\foo']", "registry-key HKEY_LOCAL_MACHINE\\foo"},
	{"[mutex:name = 'it\\'s']", "mutex it's"}, {"[email-message:from_ref.value = 'a@b.example']", "email-addr a@b.example"},
	{"[domain-name:value = 'a.example'] AND [domain-name:value = 'b.example']", "domain-name a.example & domain-name b.example (one event)"},
	{"[domain-name:value = 'a.example'] FOLLOWEDBY [domain-name:value = 'b.example']", "!it asks for an order of events"},
	{"([domain-name:value = 'a.example'] AND ([domain-name:value='b.example'] OR [domain-name:value='c.example'])) WITHIN 5 SECONDS",
	 "domain-name a.example & domain-name b.example (one event) | domain-name a.example & domain-name c.example (one event)"},
	{"[domain-name:value = 'a.example'] REPEATS 5 TIMES", "!it asks for repetition"},
	{"[domain-name:value = 'a.example'] REPEATS 1 TIMES", "domain-name a.example"},
	{"[domain-name:value != 'a.example']", "!it asks for what is not there"},
	{"[domain-name:value NOT = 'a.example']", "!it asks for what is not there"},
	{"[domain-name:value LIKE '%.example']", "!it asks for a text with wildcards"}, {"[domain-name:value LIKE 'a.example']", "domain-name a.example"},
	{"[domain-name:value MATCHES 'a.*']", "!it asks for a regular expression"}, {"[EXISTS file:name]", "!it asks whether a property exists"},
	{"[file:size > 5 OR file:name = 'a.exe']", "!it asks for a property that is not looked up | file-name a.exe"},
	{"[file:name IN ()]", "!its set is empty"}, {"[ipv4-addr:value = 5]", "!its value is no text"},
	/* the grammar: accepted */
	{"[file:size = 1280]", "!it asks for a property that is not looked up"},
	{"[ipv4addr:value NOT ISSUBSET '192.168.0.1/24']", "!it asks for a property that is not looked up"},
	{"([a:b=1] REPEATS 2 TIMES) REPEATS 2 TIMES", "!it asks for repetition"},
	{"([a:b=1]) WITHIN 5 SECONDS WITHIN 6 SECONDS", "!it asks for a property that is not looked up"},
	{"( [(network-traffic:dst_port IN(443,6443,8443) AND network-traffic:src_packets != 0) ])", "!it asks for a property that is not looked up"},
	{"[artifact:payload_bin = b'dGhpcyBpcyBhIHRlc3Q=']", "!it asks for a property that is not looked up"},
	{"[x:created = t'2024-02-30T12:00:00Z']", "!it asks for a property that is not looked up"},
	{"[x:a = h'00ff' AND x:b = -1.5 AND x:c = true]", "!it asks for a property that is not looked up"},
	{"/* c */ [a:b=1] // end", "!it asks for a property that is not looked up"},
	{"[network-traffic:dst_ref.value = 'example.com'] REPEATS 5 TIMES WITHIN 1800 SECONDS", "!it asks for repetition"},
	{"[ipv4-addr:value = '192.168.122.83'] START t'2016-06-01T03:55:00.123Z' STOP t'2016-06-01T04:30:24.743Z'", "ipv4-addr 192.168.122.83"},
	{"[ipv4-addr:value = '192.168.122.83'] START t'2016-06-01T03:55:00.123Z' STOP t'2016-06-01T03:30:24.743Z'", "!its START is not before its STOP"},
	/* and refused */
	{"file:size = 1280", "wrong at 0"}, {"[file:size = ]", "wrong at 13"}, {"[file.size = 1280]", "wrong at 5"},
	{"[file:name MATCHES /.*\\.dll/]", "wrong at 19"}, {"[a:b=1] WITHIN 5 HOURS", "wrong at 17"}, {"[a:b=1] WITHIN -5 SECONDS", "wrong at 15"},
	{"[foo:bar=1] within 2 seconds", "wrong at 12"}, {"[file:hashes.MD5 =? 'cead3f77f6cda6ec00f57d76c9a6879f']", "wrong at 18"},
	{"[file:hashes.'SHA-256' = 'f00']", "wrong at 30"}, {"[artifact:payload_bin = b'====']", "wrong at 24"},
	{"[a:b=1] WITHIN 5 SECONDS WITHIN 6 SECONDS", "wrong at 25"}, {"[x:created = t'2024-13-01T12:00:00Z']", "wrong at 13"},
	{"[x:created = t'2024-01-15T12:30:45']", "wrong at 13"}, {"", "wrong at 0"}, {"[", "wrong at 1"}, {"[a:b='x]", "wrong at 5"},
	{"[a:b='\\n']", "wrong at 5"}, {"[a:b-c=1]", "wrong at 3"}, {"[a:b=01]", "wrong at 5"}, {"[a:b=1]]", "wrong at 7"}, {"[AND:b=1]", "wrong at 1"},
};

static void test_patterns(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str got = lowered(rows[i].pattern, a);

		if (!str_eq(got, str_c(rows[i].want)))
			fail_msg("%s: '%.*s', not '%s'", rows[i].pattern, STR_ARGS(got), rows[i].want);
	}
	arena_free(a);
}

/* Deep and long ones end in an error, not in the stack. */
static void test_hostile(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = {0};

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_byte(&b, '(');
	buf_byte(&b, '\0');
	assert_true(str_starts(lowered(b.p, a), STR("wrong at 64")));
	buf_clear(&b);
	buf_text(&b, "[a:b=1");
	for (int i = 0; i < 5000; i++)
		buf_text(&b, " OR a:b=1");
	buf_text(&b, "]");
	buf_byte(&b, '\0');
	assert_true(str_starts(lowered(b.p, a), STR("wrong at ")));
	buf_clear(&b);
	buf_text(&b, "[a:b IN (1");
	for (int i = 0; i < 9000; i++)
		buf_text(&b, ",1");
	buf_text(&b, ")]");
	buf_byte(&b, '\0');
	assert_true(str_starts(lowered(b.p, a), STR("!it asks for a property")));
	buf_free(&b);
	arena_free(a);
}

static void check_line(struct str line, struct arena *a, unsigned *count)
{
	struct str verdict = str_cut(&line, '\t'), pattern;
	struct pattern_error error;
	struct pull p;
	bool valid;

	pull_begin(&p, line);
	assert_true(pull_text(&p, a, &pattern));
	valid = pattern_parse(pattern, a, &error) != NULL;
	if (valid != str_eq(verdict, STR("valid")))
		fail_msg("%.*s: %.*s", STR_ARGS(verdict), STR_ARGS(pattern));
	++*count;
}

/* The reference validator's own verdicts. */
static void test_shared(void **state)
{
	const char *path = testing_shared("sharing/stix/patterns/v21.tsv");
	struct arena *a = arena_new(0);
	unsigned count = 0;
	struct str text;

	(void)state;
	if (!path) {
		arena_free(a);
		skip();
	}
	assert_int_equal(io_read_file(path, 1 << 20, a, &text), 0);
	str_cut(&text, '\n');
	while (text.n)
		check_line(str_trim(str_cut(&text, '\n')), a, &count);
	assert_int_equal(count, 26);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns), cmocka_unit_test(test_hostile), cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
