#include "intel/intel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/vec.h"
#include "intel/parts.h"

static void check_str(struct str got, const char *want, const char *what)
{
	if (!str_eq(got, str_c(want)))
		fail_msg("%s: '%.*s', not '%s'", what, STR_ARGS(got), want);
}

/* --- values --- */

static const struct { const char *from, *to; } refang_rows[] = {
	{"evil.example", "evil.example"}, {"evil[.]example", "evil.example"}, {"evil(.)example", "evil.example"},
	{"evil{.}example", "evil.example"}, {"evil[dot]example", "evil.example"}, {"evil(DOT)example", "evil.example"},
	{"evil{dot}example", "evil.example"}, {"203[.]0[.]113[.]9", "203.0.113.9"}, {"  203.0.113[.]9\t", "203.0.113.9"},
	{"hxxp://evil[.]example/a", "http://evil.example/a"}, {"hXXps://evil.example", "https://evil.example"},
	{"h**p://evil.example", "http://evil.example"}, {"hxxp[:]//evil.example", "http://evil.example"},
	{"hxxps[://]evil[.]example", "https://evil.example"}, {"fxp://evil.example", "ftp://evil.example"},
	{"meow://evil.example", "http://evil.example"}, {"bad[at]evil[.]example", "bad@evil.example"},
	{"bad(@)evil.example", "bad@evil.example"}, {"'evil.example'", "evil.example"}, {"\"evil.example\"", "evil.example"},
	{"2001[:]db8::1", "2001:db8::1"}, {"hxxp//evil[.]example", "http://evil.example"}, {"", ""}, {"[", "["}, {"[.", "[."},
	{"'", "'"},
};

static void test_refang(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refang_rows / sizeof *refang_rows; i++) {
		struct str from = str_c(refang_rows[i].from);
		char out[128];

		check_str(str_n(out, intel_refang(from, out)), refang_rows[i].to, refang_rows[i].from);
	}
}

static const struct { const char *value; enum intel_type type; } guess_rows[] = {
	{"203.0.113.9", INTEL_IPV4}, {"203.0.113.0/24", INTEL_IPV4}, {"203.0.113.9:8080", INTEL_IPV4},
	{"2001:db8::1", INTEL_IPV6}, {"2001:db8::/32", INTEL_IPV6}, {"[2001:db8::1]:443", INTEL_IPV6},
	{"::ffff:203.0.113.9", INTEL_IPV4}, {"::", INTEL_IPV6},
	{"evil.example", INTEL_DOMAIN}, {"*.evil.example", INTEL_DOMAIN}, {"EVIL.Example.", INTEL_DOMAIN},
	{"a_b.evil.example", INTEL_DOMAIN}, {"xn--bcher-kva.example", INTEL_DOMAIN},
	{"http://evil.example", INTEL_URL}, {"evil.example/gate.php", INTEL_URL}, {"206.188.196.77:8080/themes.aspx", INTEL_URL},
	{"http://[2001:db8::1]:8080/x", INTEL_URL}, {"bad@evil.example", INTEL_EMAIL},
	{"d41d8cd98f00b204e9800998ecf8427e", INTEL_MD5}, {"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", INTEL_SHA1},
	{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", INTEL_SHA256},
	{"pxh4HG1v.ashx", INTEL_FILE_NAME}, {"dump.dll", INTEL_FILE_NAME},
	{"C:\\Users\\Public\\all.exe", INTEL_FILE_PATH}, {"/data/lib/libips.bak", INTEL_FILE_PATH},
	{"HKLM\\Software\\Evil", INTEL_REGISTRY_KEY}, {"HKEY_LOCAL_MACHINE\\Software\\Evil", INTEL_REGISTRY_KEY},
	{"Mozilla/5.0 (compatible; evil)", INTEL_USER_AGENT},
	{"203.0.113.256", INTEL_TYPES}, {"203.0.113.09", INTEL_TYPES}, {"203.0.113", INTEL_TYPES}, {"203.0.113.9/33", INTEL_TYPES},
	{"203.0.113.9/", INTEL_URL}, {"203.0.113.9:70000", INTEL_TYPES}, {"2001:db8:::1", INTEL_TYPES},
	{"1:2:3:4:5:6:7:8:9", INTEL_TYPES}, {"1:2:3:4:5:6:7::8", INTEL_TYPES}, {"evil", INTEL_TYPES}, {"two words", INTEL_TYPES},
	{"evil..example", INTEL_TYPES}, {"d41d8cd98f00b204e9800998ecf8427", INTEL_TYPES}, {"@evil.example", INTEL_TYPES},
	{"a@b@evil.example", INTEL_TYPES}, {"http://", INTEL_TYPES}, {"http:///x", INTEL_TYPES}, {"", INTEL_TYPES},
};

static void test_guess(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof guess_rows / sizeof *guess_rows; i++) {
		enum intel_type got = intel_guess(str_c(guess_rows[i].value));

		if (got != guess_rows[i].type)
			fail_msg("'%s': type %d, not %d", guess_rows[i].value, (int)got, (int)guess_rows[i].type);
	}
}

static const struct { enum intel_type type; const char *value, *key; } key_rows[] = {
	{INTEL_URL, "http://EVIL.example", "evil.example/"}, {INTEL_URL, "https://evil.example:443/A?b#c", "evil.example/a?b"},
	{INTEL_URL, "evil.example:8080/x", "evil.example:8080/x"}, {INTEL_URL, "ftp://u:p@evil.example/x", "evil.example/x"},
	{INTEL_URL, "http://evil.example?q", "evil.example/?q"}, {INTEL_DOMAIN, "*.Evil.Example.", "evil.example"},
	{INTEL_FILE_PATH, "C:\\\\Users\\Public\\", "c:/users/public"}, {INTEL_FILE_PATH, "\\\\?\\C:\\x\\y", "c:/x/y"},
	{INTEL_REGISTRY_KEY, "\\REGISTRY\\MACHINE\\Software\\X", "hklm\\software\\x"},
	{INTEL_MUTEX, "Global\\Evil", "evil"}, {INTEL_EMAIL, "mailto:Bad@Evil.example", "bad@evil.example"},
};

static void test_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof key_rows / sizeof *key_rows; i++) {
		char key[KEY_MAX];
		uint8_t prefix;
		size_t n = intel_key(key_rows[i].type, str_c(key_rows[i].value), key, &prefix);

		check_str(str_n(key, n), key_rows[i].key, key_rows[i].value);
	}
}

/* --- an event of one or more values --- */

struct bed {
	struct diags *diags;
	struct intel *set;
	struct names *names;
	struct arena *arena;
	struct event event;
	struct intel_matcher *matcher;
};

static struct bed bed_new(void)
{
	struct bed b = {.diags = diags_new(), .names = names_new(NULL), .arena = arena_new(0)};

	b.set = intel_new(clock_now(), false, b.diags);
	event_init(&b.event, b.names, b.arena);
	b.event.time = TICKS_NONE;
	return b;
}

static void bed_free(struct bed *b)
{
	intel_matcher_free(b->matcher);
	intel_free(b->set);
	diags_free(b->diags);
	names_free(b->names);
	arena_free(b->arena);
}

static void add_text(struct bed *b, const char *name, const char *value)
{
	event_add_named(&b->event, FIELD_DATA, str_c(name), VALUE_TEXT, str_c(value));
}

/* The same as UTF-16, for ASCII. */
static void add_wide(struct bed *b, const char *name, const char *value)
{
	size_t n = strlen(value);
	char *wide = arena_bytes(b->arena, 2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		wide[2 * i] = value[i];
		wide[2 * i + 1] = 0;
	}
	event_add_named(&b->event, FIELD_DATA, str_c(name), VALUE_UTF16, str_n(wide, 2 * n));
}

static void freeze(struct bed *b)
{
	intel_freeze(b->set);
	b->matcher = intel_matcher_new(b->set);
}

static void read_list(struct bed *b, const char *text)
{
	assert_int_equal(intel_read(b->set, STR("list.txt"), str_c(text)), 0);
}

/* The values of the indicators that were met, with a blank between. */
static struct str met(struct bed *b)
{
	const struct intel_match *m;
	uint32_t n = intel_match(b->matcher, &b->event, &m);
	struct buf out = {0};
	struct str text;

	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buf_byte(&out, ' ');
		buf_str(&out, intel_indicator(b->set, m[i].id).value);
	}
	text = arena_str(b->arena, buf_get(&out));
	buf_free(&out);
	return text;
}

static const char list[] =
	"203.0.113.9\n198.51.100.0/24\n2001:db8::1\n2001:db8:7::/48\nevil.example\nwww.other.test\nhttp://bad.example/gate.php\n"
	"206.188.196.77:8080/themes.aspx\nhttp://single/x\nmail@sender.example\nd41d8cd98f00b204e9800998ecf8427e\n"
	"da39a3ee5e6b4b0d3255bfef95601890afd80709\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
	"C:\\Users\\Public\\all.exe\n/data/lib/libips.bak\nowa\\auth\\shell.aspx\npxh4HG1v.ashx\nMozilla/5.0 (evil agent)\n"
	"HKLM\\Software\\Evil\n/usr/bin/nodot\nhttp://bücher.example/ü\n";

static const struct { const char *value, *want; } match_rows[] = {
	{"203.0.113.9", "203.0.113.9"}, {"203.0.113.9:80", "203.0.113.9"}, {"from 203.0.113.9.", "203.0.113.9"},
	{"(203.0.113.9)", "203.0.113.9"}, {"203.0.113.9-203.0.113.10", "203.0.113.9"}, {"::ffff:203.0.113.9", "203.0.113.9"},
	{"::ffff:cb00:7109", "203.0.113.9"}, {"http://203.0.113.9/", "203.0.113.9"}, {"a=203.0.113.9&b", "203.0.113.9"},
	{"203.0.113.90", ""}, {"1203.0.113.9", ""}, {"203.0.113.9.5", ""}, {"5.203.0.113.9", ""}, {"v203.0.113.9", ""},
	{"203.0.113.9.example", ""}, {"203.0.113.9x", ""}, {"203.0.113.09", ""}, {"203.0.113,9", ""},
	{"198.51.100.0", "198.51.100.0/24"}, {"198.51.100.255", "198.51.100.0/24"}, {"198.51.101.0", ""}, {"198.51.99.255", ""},
	{"2001:db8::1", "2001:db8::1"}, {"2001:0DB8:0:0::1", "2001:db8::1"}, {"[2001:db8::1]:80", "2001:db8::1"},
	{"2001:db8::1%eth0", "2001:db8::1"}, {"2001:db8::12", ""}, {"2001:db8:7:ffff::9", "2001:db8:7::/48"}, {"2001:db8:8::9", ""},
	{"10:11:12", ""}, {"C:\\x", ""},
	{"evil.example", "evil.example"}, {"EVIL.Example.", "evil.example"}, {"a.b.evil.example", "evil.example"},
	{"notevil.example", ""}, {"evil.example.com", ""}, {"evil.example-x.com", ""}, {"evil-example", ""},
	{"http://x.evil.example:8/y", "evil.example"}, {"user@evil.example", "evil.example"}, {"evil.examples", ""},
	{"other.test", ""}, {"a.www.other.test", "www.other.test"}, {"wwww.other.test", ""},
	{"http://bad.example/gate.php", "http://bad.example/gate.php"}, {"https://BAD.example/gate.php?x=1", "http://bad.example/gate.php"},
	{"see bad.example/gate.php, please", "http://bad.example/gate.php"}, {"http://bad.example:80/gate.php#f", "http://bad.example/gate.php"},
	{"http://u@bad.example/gate.php", "http://bad.example/gate.php"}, {"bad.example/gate.phpx", ""}, {"bad.example/gate", ""},
	{"xbad.example/gate.php", ""}, {"x.bad.example/gate.php", ""}, {"bad.example:8080/gate.php", ""}, {"bad.example", ""},
	{"206.188.196.77:8080/themes.aspx", "206.188.196.77:8080/themes.aspx"}, {"206.188.196.77/themes.aspx", ""},
	{"http://206.188.196.77:8080/themes.aspx?a", "206.188.196.77:8080/themes.aspx"},
	{"http://single/x", "http://single/x"}, {"single/x", ""}, {"http://singles/x", ""},
	{"mail@sender.example", "mail@sender.example"}, {"<Mail@Sender.Example>", "mail@sender.example"},
	{"xmail@sender.example", ""}, {"mail@sender.example.org", ""},
	{"MD5=D41D8CD98F00B204E9800998ECF8427E,SHA1=0", "d41d8cd98f00b204e9800998ecf8427e"},
	{"IMPHASH=D41D8CD98F00B204E9800998ECF8427E", ""}, {"d41d8cd98f00b204e9800998ecf8427e0", ""},
	{"0xd41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"}, {"gd41d8cd98f00b204e9800998ecf8427e", ""},
	{"d41d8cd98f00b204e9800998ecf8427", ""}, {"d41d8cd98f00b204e9800998ecf8427eg", ""},
	{"x=da39a3ee5e6b4b0d3255bfef95601890afd80709", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
	{"long text in front of it, E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855 and behind",
	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"C:\\Users\\Public\\all.exe", "C:\\Users\\Public\\all.exe"}, {"\"c:\\users\\public\\ALL.EXE\" -x", "C:\\Users\\Public\\all.exe"},
	{"cmd /c C:/Users//Public/all.exe", "C:\\Users\\Public\\all.exe"}, {"\\\\?\\C:\\Users\\Public\\all.exe", "C:\\Users\\Public\\all.exe"},
	{"D:\\Users\\Public\\all.exe", ""}, {"C:\\Users\\Public\\xall.exe", ""}, {"C:\\Users\\Public\\all.exe.txt", ""},
	{"C:\\x\\Users\\Public\\all.exe", ""}, {"all.exe", ""},
	{"/data/lib/libips.bak", "/data/lib/libips.bak"}, {"rm -f /data/lib/libips.bak;", "/data/lib/libips.bak"},
	{"/x/data/lib/libips.bak", ""}, {"data/lib/libips.bak", ""},
	{"C:\\inetpub\\owa\\auth\\shell.aspx", "owa\\auth\\shell.aspx"}, {"owa/auth/shell.aspx", "owa\\auth\\shell.aspx"},
	{"xowa/auth/shell.aspx", ""}, {"/usr/bin/nodot", "/usr/bin/nodot"}, {"/usr/bin/nodots", ""},
	{"run \\\\usr\\bin//nodot", "/usr/bin/nodot"}, {"/usr/bin/NODOT", "/usr/bin/nodot"}, {"/usr/bin/nodot/", ""},
	{"pxh4hg1v.ashx", "pxh4HG1v.ashx"}, {"/owa/auth/pxh4HG1v.ashx", "pxh4HG1v.ashx"}, {"copy x.tmp pxh4HG1v.ashx", "pxh4HG1v.ashx"},
	{"xpxh4hg1v.ashx", ""}, {"pxh4hg1v.ashx.bak", ""}, {"a-pxh4HG1v.ashx", ""},
	{"Mozilla/5.0 (evil agent)", "Mozilla/5.0 (evil agent)"}, {"Mozilla/5.0 (evil agent) x", ""},
	{"HKLM\\Software\\Evil", "HKLM\\Software\\Evil"}, {"HKEY_LOCAL_MACHINE\\SOFTWARE\\Evil\\Run", "HKLM\\Software\\Evil"},
	{"HKLM\\Software\\Evil\\Run\\x", ""}, {"HKLM\\Software\\Evils", ""},
	{"http://BÜCHER.example/Ü", "http://bücher.example/ü"}, {"http://xbücher.example/ü", ""},
	{"", ""}, {".", ""}, {"...", ""}, {"@.", ""}, {"://", ""}, {":", ""}, {"a.", ""}, {".a", ""}, {"203.0.113.", ""},
};

static bool is_ascii(const char *s)
{
	while (*s && (unsigned char)*s < 0x80)
		s++;
	return !*s;
}

static void check_row(struct bed *b, size_t i, bool wide)
{
	event_clear(&b->event);
	b->event.time = TICKS_NONE;
	add_text(b, "other", "nothing");
	if (wide)
		add_wide(b, "value", match_rows[i].value);
	else
		add_text(b, "value", match_rows[i].value);
	check_str(met(b), match_rows[i].want, match_rows[i].value);
}

static void test_matching(void **state)
{
	struct bed b = bed_new();

	(void)state;
	read_list(&b, list);
	assert_int_equal(b.set->counts.refused, 0);
	freeze(&b);
	assert_int_equal(intel_counts_total(intel_counts(b.set)), 21);
	for (size_t i = 0; i < sizeof match_rows / sizeof *match_rows; i++) {
		check_row(&b, i, false);
		if (is_ascii(match_rows[i].value))
			check_row(&b, i, true);
	}
	bed_free(&b);
}

/* Names and paths without a dot, longer and shorter than the tail that they are told by. */
static void test_bare(void **state)
{
	static const struct { const char *name, *path, *value, *want; } rows[] = {
		{"nodot", "/x/shell", "c:\\x\\NoDot", "nodot"}, {"nodot", "/x/shell", "/x//shell", "/x/shell"},
		{"nodot", "/x/shell", "xnodot", ""}, {"nodot", "/x/shell", "dot", ""}, {"nodot", "/x/shell", "nodot", "nodot"},
		{"nodot", "/x/nc", "\\x\\nc", "/x/nc"}, {"nodot", "/x/nc", "nodot", "nodot"}, {"nodot", "/x/nc", "/x/ncc", ""},
		{"nc", "/x/shell", "nc", "nc"}, {"nc", "/x/shell", "/x/shell", "/x/shell"}, {"nc", "/x/shell", "a nc", "nc"},
		{"nc", "/x/nc", "/x/nc", "nc /x/nc"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bed b = bed_new();
		struct intel_context c;

		intel_begin(b.set, STR("x"), &c);
		assert_true(intel_add(&c, INTEL_FILE_NAME, str_c(rows[i].name), 0));
		assert_true(intel_add(&c, INTEL_FILE_PATH, str_c(rows[i].path), 0));
		freeze(&b);
		add_text(&b, "value", rows[i].value);
		check_str(met(&b), rows[i].want, rows[i].value);
		bed_free(&b);
	}
}

static void test_kinds(void **state)
{
	static const uint8_t md5[16] = {0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04, 0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e};
	struct bed b = bed_new();

	(void)state;
	read_list(&b, list);
	freeze(&b);
	event_add_named(&b.event, FIELD_DATA, STR("Hash"), VALUE_BINARY, str_n(md5, 16));
	check_str(met(&b), "d41d8cd98f00b204e9800998ecf8427e", "binary");
	event_clear(&b.event);
	event_add_named(&b.event, FIELD_DATA, STR("x.Imphash"), VALUE_BINARY, str_n(md5, 16));
	check_str(met(&b), "", "binary import hash");
	bed_free(&b);
}

/* Several in one event, in several fields: each once, with its fields. */
static void test_fields(void **state)
{
	const struct intel_match *m;
	struct bed b = bed_new();

	(void)state;
	read_list(&b, "evil.example\nwww.evil.example\n203.0.113.9\n");
	freeze(&b);
	add_text(&b, "a", "203.0.113.9 www.evil.example 203.0.113.9");
	add_text(&b, "b", "nothing.else");
	add_text(&b, "c", "evil.example");
	assert_int_equal(intel_match(b.matcher, &b.event, &m), 3);
	assert_int_equal(m[0].field_count, 2);
	assert_int_equal(m[0].fields[0], 0);
	assert_int_equal(m[0].fields[1], 2);
	assert_int_equal(m[1].field_count, 1);
	assert_int_equal(m[2].field_count, 1);
	assert_int_equal(m[2].fields[0], 0);
	bed_free(&b);
}

/* --- lists and CSV --- */

static const struct { const char *text; const char *values; unsigned refused, unused; } list_rows[] = {
	{"", "", 0, 0}, {"# only a comment\n\n; and one\n", "", 0, 0},
	{"evil.example", "evil.example", 0, 0}, {"evil.example\r\n203.0.113.9 # c2\r\n", "evil.example 203.0.113.9", 0, 0},
	{"203.0.113.0/24 ; SBL1\n", "203.0.113.0/24", 0, 0}, {"0.0.0.0 evil.example\n127.0.0.1\tbad.example # x\n", "evil.example bad.example", 0, 0},
	{"||evil.example^\n", "evil.example", 0, 0}, {"what is this\nevil.example\n", "evil.example", 1, 0},
	{"evil.example,c2,2024\n203.0.113.9;x\n", "evil.example 203.0.113.9", 0, 0},
	{"\xEF\xBB\xBFhxxp://evil[.]example/x\n", "http://evil.example/x", 0, 0},
	{"indicator\nevil.example\n203.0.113.9\n", "evil.example 203.0.113.9", 0, 0},
	{"type,value\ndomain,evil.example\nip-dst,203.0.113.9\nyara,rule x {}\n", "evil.example 203.0.113.9", 0, 1},
	{"value;type\n\"evil.example\";\"domain\"\n", "evil.example", 0, 0},
	{"md5\tsha1\nd41d8cd98f00b204e9800998ecf8427e\tda39a3ee5e6b4b0d3255bfef95601890afd80709\n",
	 "d41d8cd98f00b204e9800998ecf8427e da39a3ee5e6b4b0d3255bfef95601890afd80709", 0, 0},
	{"value,type\nevil.example,ipv4-addr\n,domain\n", "", 2, 0},
	{"value,comment\n\"evil.example\",\"two\nlines, \"\"quoted\"\"\"\nbad.example,x\n", "evil.example bad.example", 0, 0},
	{"value,comment\n\"evil.example,x\nbad.example,x\n", "bad.example", 1, 0},
	{"value,to_ids\nevil.example,0\nbad.example,1\n", "bad.example", 0, 1},
	{"value,valid_until\nevil.example,yesterday\nbad.example,2024-01-01\n", "bad.example", 1, 0},
	{"value,valid_from,valid_until\nevil.example,2024-01-02,2024-01-01\n", "", 1, 0},
	{"# a list\n# \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\"\n\"2024-01-01 00:00:00\", \"1\", \"203.0.113.9:80\", \"ip:port\"\n",
	 "203.0.113.9:80", 0, 0},
	{"d41d8cd98f00b204e9800998ecf8427e,5a8e4d3c-0001-4000-8000-000000000000\n", "", 0, 1},
	{"evil.example\nevil.example\nEVIL.example\n", "evil.example", 0, 0},
};

static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof list_rows / sizeof *list_rows; i++) {
		struct bed b = bed_new();
		struct buf got = {0};

		read_list(&b, list_rows[i].text);
		freeze(&b);
		for (size_t k = 0; k < b.set->entries.n; k++) {
			const struct intel_entry *e = &b.set->entries.at[k];

			if (k && b.set->counts.duplicates)
				break;
			if (k)
				buf_byte(&got, ' ');
			buf_put(&got, e->text, e->n);
		}
		check_str(buf_get(&got), list_rows[i].values, list_rows[i].text);
		if (b.set->counts.refused != list_rows[i].refused || b.set->counts.unused != list_rows[i].unused)
			fail_msg("'%s': %d refused, %d unused", list_rows[i].text, (int)b.set->counts.refused, (int)b.set->counts.unused);
		buf_free(&got);
		bed_free(&b);
	}
}

/* --- validity --- */

static int64_t at(const char *text)
{
	int64_t t = TICKS_NONE;

	assert_true(intel_parse_time(str_c(text), &t));
	return t;
}

static const char csv[] = "value,valid_from,valid_until,confidence,name\n"
			  "evil.example,2022-09-28,2023-03-31,90,first\n"
			  "evil.example,2024-01-01,,20,second\n";

static const struct { const char *time, *name; } valid_rows[] = {
	{"2022-09-27T23:59:59.9999999Z", ""}, {"2022-09-28T00:00:00Z", "first"}, {"2023-03-30T23:59:59.9999999Z", "first"},
	{"2023-03-31T00:00:00Z", ""}, {"2024-01-01T00:00:00Z", "second"}, {"2099-01-01T00:00:00Z", "second"}, {NULL, "first"},
};

static void test_validity(void **state)
{
	struct bed b = bed_new();

	(void)state;
	read_list(&b, csv);
	freeze(&b);
	assert_int_equal(b.set->counts.expired_now, 1);
	add_text(&b, "x", "evil.example");
	for (size_t i = 0; i < sizeof valid_rows / sizeof *valid_rows; i++) {
		const struct intel_match *m;
		uint32_t n;

		b.event.time = valid_rows[i].time ? at(valid_rows[i].time) : TICKS_NONE;
		n = intel_match(b.matcher, &b.event, &m);
		check_str(n ? intel_indicator(b.set, m[0].id).name : STR(""), valid_rows[i].name, valid_rows[i].time ? valid_rows[i].time : "-");
	}
	assert_int_equal(intel_matcher_stats(b.matcher)->outside, 2);
	assert_int_equal(intel_matcher_stats(b.matcher)->untimed, 1);
	bed_free(&b);
}

static void test_validity_now(void **state)
{
	struct bed b = bed_new();

	(void)state;
	intel_free(b.set);
	b.set = intel_new(at("2023-01-01"), true, b.diags);
	read_list(&b, csv);
	freeze(&b);
	assert_int_equal(b.set->counts.expired, 1);
	add_text(&b, "x", "evil.example");
	b.event.time = at("1999-01-01");
	check_str(met(&b), "evil.example", "judged now");
	bed_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refang), cmocka_unit_test(test_guess), cmocka_unit_test(test_keys),
		cmocka_unit_test(test_matching), cmocka_unit_test(test_bare), cmocka_unit_test(test_kinds), cmocka_unit_test(test_fields),
		cmocka_unit_test(test_lists), cmocka_unit_test(test_validity), cmocka_unit_test(test_validity_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
