#include "intel/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"
#include "base/testing.h"

#define INDICATOR(members) "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"pattern_type\":\"stix\"," members "}"
#define BUNDLE(objects) "{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":[" objects "]}"
#define EVENT(attributes) "{\"Event\":{\"Attribute\":[" attributes "],\"info\":\"the event\",\"threat_level_id\":\"1\"}}"

struct row {
	const char *text;
	const char *want;	/* type=value(level,name) of each, then the counts that are not 0 */
	int err;
};

static const struct row rows[] = {
	{BUNDLE(INDICATOR("\"pattern\":\"[domain-name:value = 'evil.example']\",\"name\":\"n\",\"confidence\":90")),
	 "domain-name=evil.example(high,n,exact)", 0},
	{BUNDLE(INDICATOR("\"name\":\"\\u0061\\n\",\"confidence\":10,\"pattern\":\"[file:name = 'it\\\\'s.exe']\"")), "file-name=it's.exe(low,a\n,exact)", 0},
	{INDICATOR("\"pattern\":\"[ipv4-addr:value = '203.0.113.9']\""), "ipv4-addr=203.0.113.9(medium,,exact)", 0},
	{"[" INDICATOR("\"pattern\":\"[mutex:name = 'm']\"") "," INDICATOR("\"pattern\":\"[mutex:name = 'n']\"") "]",
	 "mutex=m(medium,,exact) mutex=n(medium,,exact)", 0},
	{BUNDLE(INDICATOR("\"pattern\":\"[mutex:name = 'm']\",\"revoked\":true")), " revoked 1", 0},
	{BUNDLE("{\"type\":\"indicator\",\"pattern_type\":\"yara\",\"pattern\":\"rule x {}\"}"), " unused 1", 0},
	{BUNDLE(INDICATOR("\"pattern\":\"[mutex:name = \"")), " refused 1", 0},
	{BUNDLE(INDICATOR("\"name\":\"none\"")), " refused 1", 0},
	{BUNDLE(INDICATOR("\"pattern\":\"[mutex:name = 'm' OR file:size > 5]\"")), "mutex=m(medium,,exact) unused 1", 0},
	{BUNDLE(INDICATOR("\"pattern\":\"[mutex:name = 'm' AND file:name = 'f.exe']\"")),
	 "stix-pattern=[mutex:name = 'm' AND file:name = 'f.exe'](medium,,)", 0},
	{BUNDLE(INDICATOR("\"pattern\":\"[mutex:name = 'm']\",\"valid_from\":\"soon\"")), " refused 1", 0},
	{BUNDLE(INDICATOR("\"pattern\":\"[mutex:name = 'm']\",\"valid_from\":\"2024-01-02T00:00:00Z\",\"valid_until\":\"2024-01-02T00:00:00Z\"")), " refused 1", 0},
	{BUNDLE(INDICATOR("\"pattern\":\"[domain-name:value = 'no dots']\"")), " refused 1", 0},
	{BUNDLE("{\"type\":\"malware\",\"name\":\"x\"}"), "", 0}, {BUNDLE(""), "", 0},
	{EVENT("{\"type\":\"domain\",\"value\":\"evil.example\",\"to_ids\":true}"), "domain-name=evil.example(high,the event,)", 0},
	{EVENT("{\"type\":\"hostname\",\"value\":\"www.evil.example\",\"to_ids\":\"1\"}"), "domain-name=www.evil.example(high,the event,exact)", 0},
	{EVENT("{\"type\":\"ip-dst\",\"value\":\"203.0.113.9\",\"to_ids\":false}"), " unused 1", 0},
	{EVENT("{\"type\":\"ip-dst|port\",\"value\":\"203.0.113.9|80\",\"to_ids\":true}"), "ipv4-addr=203.0.113.9(high,the event,)", 0},
	{EVENT("{\"type\":\"domain|ip\",\"value\":\"evil.example|203.0.113.9\",\"to_ids\":true}"),
	 "domain-name=evil.example(high,the event,) ipv4-addr=203.0.113.9(high,the event,)", 0},
	{EVENT("{\"type\":\"filename|md5\",\"value\":\"a.exe|d41d8cd98f00b204e9800998ecf8427e\",\"to_ids\":true}"),
	 "file-md5=d41d8cd98f00b204e9800998ecf8427e(high,the event,)", 0},
	{EVENT("{\"type\":\"malware-sample\",\"value\":\"a.exe|d41d8cd98f00b204e9800998ecf8427e\",\"to_ids\":true}"),
	 "file-md5=d41d8cd98f00b204e9800998ecf8427e(high,the event,)", 0},
	{EVENT("{\"type\":\"filename|md5\",\"value\":\"a.exe\",\"to_ids\":true}"), " refused 1", 0},
	{EVENT("{\"type\":\"yara\",\"value\":\"rule\",\"to_ids\":true}"), " unused 1", 0},
	{EVENT("{\"type\":\"md5\",\"value\":\"x\",\"to_ids\":true}"), " refused 1", 0},
	{EVENT("{\"type\":\"url\",\"value\":\"http://x.example/\",\"deleted\":true}"), " revoked 1", 0},
	{EVENT("{\"type\":\"url\",\"value\":\"http://x.example/\",\"first_seen\":\"soon\"}"), " refused 1", 0},
	{"{\"Event\":{\"Object\":[{\"name\":\"file\",\"Attribute\":[{\"type\":\"filename\",\"value\":\"a.exe\",\"to_ids\":true}]}]}}",
	 "file-name=a.exe(medium,,)", 0},
	{"{\"response\":[{\"Event\":{\"info\":\"i\",\"Attribute\":[]}},{\"Event\":{\"info\":\"j\",\"Attribute\":[{\"type\":\"mutex\",\"value\":\"m\"}]}}]}",
	 "mutex=m(medium,j,)", 0},
	{"{\"5a8e4d3c-0001-4000-8000-000000000000\":{\"info\":\"x\"}}", " unused 1", 0},
	/* in no form that is known, or broken */
	{"{}", "", ERR_FORMAT}, {"[]", "", ERR_FORMAT}, {"{\"a\":1}", "", ERR_FORMAT}, {"{\"list\":[],\"matching_attributes\":[],\"type\":\"cidr\"}", "", ERR_FORMAT},
	{"{", " refused 1", ERR_FORMAT}, {"{\"type\"", " refused 1", ERR_FORMAT}, {"{\"type\":}", " refused 1", ERR_FORMAT}, {"{\"a\":tru}", " refused 1", ERR_FORMAT},
	{"{\"a\":\"\\q\",\"type\":\"\\q\"}", " refused 1", ERR_FORMAT}, {"{\"a\":1}}", " refused 1", ERR_FORMAT}, {"{\"a\" 1}", " refused 1", ERR_FORMAT},
	/* what stands before the fault is kept */
	{"{\"type\":\"bundle\",\"objects\":[" INDICATOR("\"pattern\":\"[mutex:name = 'm']\"") ",{", "mutex=m(medium,,exact) refused 1", 0},
};

static void put_count(struct buf *b, const char *name, uint64_t n)
{
	if (n)
		buf_printf(b, " %s %d", name, (int)n);
}

static void put_set(struct buf *b, const struct intel *set)
{
	bool first = true;

	for (size_t i = 0; i < set->entries.n + set->groups.n; i++) {
		uint32_t id = i < set->entries.n ? (uint32_t)i : ID_GROUP | (uint32_t)(i - set->entries.n);
		unsigned flags = i < set->entries.n ? set->entries.at[i].flags : 0;
		struct intel_indicator in;

		if (flags & ENTRY_LEAF)
			continue;
		in = intel_indicator(set, id);
		buf_printf(b, "%s%s=%.*s(%s,%.*s,%s)", first ? "" : " ", intel_type_info(in.type)->id + 10, STR_ARGS(in.value),
			   intel_level_name(in.level), STR_ARGS(in.name), flags & ENTRY_EXACT ? "exact" : "");
		first = false;
	}
	put_count(b, "refused", set->counts.refused);
	put_count(b, "unused", set->counts.unused);
	put_count(b, "revoked", set->counts.revoked);
}

static void check_row(const struct row *r)
{
	struct diags *diags = diags_new();
	struct intel *set = intel_new(clock_now(), false, diags);
	struct buf got = {0};
	int err = intel_read(set, STR("x.json"), str_c(r->text));

	put_set(&got, set);
	if (err != r->err || !str_eq(buf_get(&got), str_c(r->want)))
		fail_msg("%s: %d '%.*s', not %d '%s'", r->text, err, STR_ARGS(buf_get(&got)), r->err, r->want);
	intel_freeze(set);
	buf_free(&got);
	intel_free(set);
	diags_free(diags);
}

static void test_documents(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(&rows[i]);
}

static void test_hostile(void **state)
{
	struct diags *diags = diags_new();
	struct intel *set = intel_new(clock_now(), false, diags);
	struct buf b = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_byte(&b, '[');
	assert_int_equal(intel_read(set, STR("deep"), buf_get(&b)), ERR_FORMAT);
	buf_clear(&b);
	buf_text(&b, "{\"Event\":{\"Attribute\":[{\"type\":\"url\",\"value\":\"http://x.example/");
	for (int i = 0; i < 100000; i++)
		buf_text(&b, "aaaaaaaaaa");
	buf_text(&b, "\"}]}}");
	assert_int_equal(intel_read(set, STR("long"), buf_get(&b)), 0);
	assert_int_equal(intel_read(set, STR("nul"), str_n("a\0b", 3)), ERR_FORMAT);
	assert_int_equal(set->counts.refused, 2);
	assert_int_equal(set->entries.n, 0);
	intel_freeze(set);
	buf_free(&b);
	intel_free(set);
	diags_free(diags);
}

/* --- patterns of several values --- */

static uint32_t match_texts(const struct intel *set, const char *a, const char *b, int64_t time)
{
	struct names *names = names_new(NULL);
	struct arena *arena = arena_new(0);
	struct intel_matcher *m = intel_matcher_new(set);
	const struct intel_match *matches;
	struct event e;
	uint32_t n;

	event_init(&e, names, arena);
	e.time = time;
	event_add_named(&e, FIELD_DATA, STR("a"), VALUE_TEXT, str_c(a));
	event_add_named(&e, FIELD_DATA, STR("b"), VALUE_TEXT, str_c(b));
	n = intel_match(m, &e, &matches);
	if (n)
		assert_int_equal(matches[0].field_count, 2);
	intel_matcher_free(m);
	names_free(names);
	arena_free(arena);
	return n;
}

static void test_groups(void **state)
{
	struct diags *diags = diags_new();
	struct intel *set = intel_new(clock_now(), false, diags);
	int64_t in = TICKS_NONE, out = TICKS_NONE;

	(void)state;
	assert_true(intel_parse_time(STR("2024-01-01"), &in) && intel_parse_time(STR("2025-01-01"), &out));
	assert_int_equal(intel_read(set, STR("x"), STR(INDICATOR("\"valid_until\":\"2024-06-01T00:00:00Z\",\"pattern\":"
		"\"[domain-name:value = 'evil.example' AND file:name IN ('f.exe','g.exe')]\""))), 0);
	intel_freeze(set);
	assert_int_equal(intel_counts_total(intel_counts(set)), 2);
	assert_int_equal(match_texts(set, "evil.example", "c:\\f.exe", in), 1);
	assert_int_equal(match_texts(set, "g.exe", "evil.example", in), 1);
	assert_int_equal(match_texts(set, "g.exe", "f.exe", in), 0);
	assert_int_equal(match_texts(set, "evil.example", "h.exe", in), 0);
	assert_int_equal(match_texts(set, "www.evil.example", "f.exe", in), 0);
	assert_int_equal(match_texts(set, "evil.example", "f.exe", out), 0);
	intel_free(set);
	diags_free(diags);
}

/* --- allow-lists --- */

static const struct { const char *allow, *list, *left; int err; } allow_rows[] = {
	{"{\"type\":\"string\",\"list\":[\"EVIL.example\"]}", "evil.example\nwww.evil.example\n", "www.evil.example", 0},
	{"{\"list\":[\"evil.example\",\".x.test\"],\"type\":\"hostname\"}",
	 "evil.example\na.evil.example\nnotevil.example\nhttp://evil.example/x\nm@x.test\n", "notevil.example", 0},
	{"{\"type\":\"cidr\",\"list\":[\"10.0.0.0/8\",\"2001:db8::/32\"]}", "10.1.2.3\n10.0.0.0/7\n11.0.0.1\n2001:db8::5\nhttp://10.0.0.1/x\n",
	 "10.0.0.0/7 11.0.0.1", 0},
	{"{\"type\":\"substring\",\"list\":[\"good\"]}", "x.Good.example\nevil.example\n", "evil.example", 0},
	{"{\"type\":\"regex\",\"list\":[\"/^good[0-9]+\\\\./i\"]}", "GOOD12.example\ngood.example\n", "good.example", 0},
	{"# mine\nevil.example\n203.0.113.0/24\n", "a.evil.example\n203.0.113.9\n203.0.114.9\n", "203.0.114.9", 0},
	{"{\"type\":\"string\",\"list\":[\"d41d8cd98f00b204e9800998ecf8427e\"]}", "D41D8CD98F00B204E9800998ECF8427E\nevil.example\n", "evil.example", 0},
	{"{\"type\":\"string\"}", "evil.example\n", "evil.example", ERR_FORMAT}, {"{\"type\":\"odd\",\"list\":[]}", "", "", ERR_FORMAT},
	{"{\"type\":\"cidr\",\"list\":[\"x\",5,null]}", "evil.example\n", "evil.example", 0}, {"{", "", "", ERR_FORMAT},
};

static void test_allow(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof allow_rows / sizeof *allow_rows; i++) {
		struct diags *diags = diags_new();
		struct intel *set = intel_new(clock_now(), false, diags);
		struct buf got = {0};

		assert_int_equal(intel_read(set, STR("list"), str_c(allow_rows[i].list)), 0);
		assert_int_equal(intel_allow(set, STR("allow"), str_c(allow_rows[i].allow)), allow_rows[i].err);
		intel_freeze(set);
		for (size_t k = 0; k < set->entries.n; k++)
			buf_printf(&got, "%s%.*s", k ? " " : "", (int)set->entries.at[k].n, set->entries.at[k].text);
		if (!str_eq(buf_get(&got), str_c(allow_rows[i].left)))
			fail_msg("%s: left '%.*s'", allow_rows[i].allow, STR_ARGS(buf_get(&got)));
		buf_free(&got);
		intel_free(set);
		diags_free(diags);
	}
}

/* --- the shared documents --- */

struct shared { struct intel *set; struct arena *a; bool allow; unsigned files, failed; };

static int visit(void *user, const char *path)
{
	struct shared *s = user;
	struct str text;

	if (!str_ends(str_c(path), STR(".json")) || str_ends(str_c(path), STR("schema.json")))
		return 0;
	arena_reset(s->a);
	assert_int_equal(io_read_file(path, 64 << 20, s->a, &text), 0);
	s->files++;
	if ((s->allow ? intel_allow : intel_read)(s->set, str_c(path), text)) {
		s->failed++;
		if (s->allow)
			fail_msg("%s is not read", path);
	}
	return 0;
}

static struct shared read_shared(const char *below, struct diags *diags, bool allow)
{
	const char *path = testing_shared(below);
	struct shared s = {.set = intel_new(clock_now(), false, diags), .a = arena_new(0), .allow = allow};
	struct io_walk walk = {visit, NULL, &s};

	if (path)
		assert_int_equal(io_walk(path, &walk), 0);
	intel_freeze(s.set);
	arena_free(s.a);
	return s;
}

static void test_shared(void **state)
{
	static const struct { const char *below; unsigned files; uint64_t least; bool allow; } folders[] = {
		{"sharing/stix/examples", 8, 10, false}, {"sharing/misp/events", 30, 300, false}, {"sharing/warninglists", 39, 100000, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		struct diags *diags = diags_new();
		struct shared s = read_shared(folders[i].below, diags, folders[i].allow);
		const struct intel_counts *c = intel_counts(s.set);
		uint64_t got = folders[i].allow ? c->allow_entries : intel_counts_total(c);

		if (s.files && (s.files < folders[i].files || got < folders[i].least))
			fail_msg("%s: %u files, %u not read, %d of %d", folders[i].below, s.files, s.failed, (int)got, (int)folders[i].least);
		printf("%s: %u files, %u not read, %llu loaded, %llu refused, %llu not used\n", folders[i].below, s.files, s.failed,
		       (unsigned long long)got, (unsigned long long)c->refused, (unsigned long long)c->unused);
		intel_free(s.set);
		diags_free(diags);
	}
}

/* What is shipped is all in order. */
static void test_pack(void **state)
{
	struct diags *diags = diags_new();
	struct shared s = {.set = intel_new(clock_now(), false, diags), .a = arena_new(0)};
	struct io_walk walk = {visit, NULL, &s};

	(void)state;
	assert_int_equal(io_walk("packs/indicators", &walk), 0);
	intel_freeze(s.set);
	assert_int_equal(s.failed, 0);
	assert_int_equal(diags_kept(diags), 0);
	assert_int_equal(s.set->counts.duplicates, 0);
	assert_int_equal(intel_counts_total(intel_counts(s.set)), 59);
	assert_int_equal(intel_counts(s.set)->loaded[INTEL_SHA256], 10);
	assert_int_equal(intel_counts(s.set)->loaded[INTEL_FILE_PATH], 16);
	arena_free(s.a);
	intel_free(s.set);
	diags_free(diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents), cmocka_unit_test(test_hostile), cmocka_unit_test(test_groups),
		cmocka_unit_test(test_allow), cmocka_unit_test(test_pack), cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
