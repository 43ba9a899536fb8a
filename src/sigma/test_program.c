/*
 * The compiled evaluator against what is written here, against the naive evaluator, and against itself after it was
 * saved and loaded. Every row: rules, events, and for each event the numbers of the rules that it must meet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sigma/image.h"
#include "sigma/matcher_internal.h"
#include "sigma/naive.h"
#include "sigma/program.h"

/* A row's rules are written short: documents parted by "---" lines, each only a detection (and what else it needs). */
struct row {
	const char *name, *rules;
	struct { const char *event, *expected; } events[14];
};

static const char mapping[] =
	"closed: windows\n"
	"sources:\n"
	"  - name: sysmon-process\n"
	"    for: {product: windows, category: process_creation}\n"
	"    is: {channel: Sysmon/Operational, provider: Sysmon, event_id: 1}\n"
	"  - name: security-process\n"
	"    for: {product: windows, category: process_creation}\n"
	"    is: {channel: Security, event_id: 4688}\n"
	"    rename: {Image: NewProcessName}\n"
	"    derive:\n"
	"      User: {join: '{Domain}\\{Name}'}\n"
	"      ProcessId: {decimal: '{NewProcessId}'}\n"
	"    absent: [OriginalFileName]\n"
	"  - name: security\n"
	"    for: {product: windows, service: security}\n"
	"    is: {channel: Security}\n"
	"  - name: hyperv\n"
	"    for: {product: windows, service: hyper-v}\n"
	"    is: {channel: Hyper-V*}\n";

/*
 * Events: pairs parted by '|'. "Name=value" is a data field, "+Name=value" a system field, "Name!" a null, "Name#=1" a
 * number, "Name%=1" 32 bits; "@product=" and so on are the source, "@raw=" the line. In values \xHH is a byte, "\\" a backslash, "\p" a '|',
 * "\*N;" repeats the byte before it N times.
 */
static struct str unescape(struct arena *a, struct str s)
{
	struct buf b = {0};
	for (size_t i = 0; i < s.n; i++) {
		char hex[3] = {0};
		if (s.p[i] != '\\' || i + 1 == s.n) {
			buf_byte(&b, s.p[i]);
		} else if (s.p[++i] == 'x') {
			memcpy(hex, s.p + i + 1, 2);
			buf_byte(&b, (char)strtoul(hex, NULL, 16));
			i += 2;
		} else if (s.p[i] == '*') {
			size_t count = strtoul(s.p + i + 1, NULL, 10);
			for (size_t k = 1; k < count; k++)
				buf_byte(&b, b.p[b.n - 1]);
			while (s.p[i] != ';')
				i++;
		} else {
			buf_byte(&b, s.p[i] == 'p' ? '|' : s.p[i]);
		}
	}
	struct str out = arena_str(a, buf_get(&b));
	buf_free(&b);
	return out;
}

static void set_source(struct event *e, struct str name, struct str value)
{
	struct { const char *name; struct str *at; } all[] = {
		{"product", &e->product}, {"service", &e->service}, {"category", &e->category}, {"channel", &e->channel},
		{"provider", &e->provider}, {"raw", &e->raw}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_eq(name, str_c(all[i].name)))
			*all[i].at = value;
	if (str_eq(name, STR("id")))
		assert_int_equal(str_to_i64(value, &e->event_id), 0);
}

static void read_event(struct event *e, const char *text)
{
	struct str rest = str_c(text);
	while (rest.n) {
		struct str pair = str_cut(&rest, '|'), name = str_cut(&pair, '=');
		struct str value = pair.p ? unescape(e->arena, pair) : STR("");
		enum value_kind kind = VALUE_TEXT;
		enum field_space space = FIELD_DATA;
		if (name.p[0] == '@') {
			set_source(e, str_skip(name, 1), value);
			continue;
		}
		if (name.p[0] == '+') {
			space = FIELD_SYSTEM;
			name = str_skip(name, 1);
		}
		if (name.p[name.n - 1] == '!' || name.p[name.n - 1] == '#') {
			kind = name.p[name.n - 1] == '!' ? VALUE_NULL : VALUE_NUMBER;
			name = str_head(name, name.n - 1);
		}
		if (name.p[name.n - 1] == '%') {
			uint32_t *bits = arena_alloc(e->arena, sizeof *bits);
			*bits = (uint32_t)strtoul(value.p, NULL, 10);
			value = str_n(bits, sizeof *bits);
			kind = VALUE_UINT;
			name = str_head(name, name.n - 1);
		}
		event_add_named(e, space, name, kind, value);
	}
}

struct bench {
	struct sigma_set *set;
	struct sigma_program *program, *loaded;
	struct sigma_matcher *matcher, *second;
	struct sigma_naive *naive;
	struct names *names;
	struct arena *arena;
};

static void print_diags(const struct diags *d)
{
	struct buf b = {0};
	for (size_t i = 0; i < diags_kept(d); i++) {
		diag_print(diags_at(d, i), &b);
		buf_byte(&b, '\n');
	}
	print_message("%.*s", STR_ARGS(buf_get(&b)));
	buf_free(&b);
}

static void load_rules(struct bench *b, const char *rules)
{
	struct diags *diags = diags_new();
	struct str rest = str_c(rules);
	uint32_t count = 0;
	b->set = sigma_set_new();
	assert_int_equal(sigma_set_mapping(b->set, STR("mapping"), str_c(mapping), diags), 0);
	while (rest.p) {
		ptrdiff_t at = str_find(rest, STR("---\n"));
		struct str one = at < 0 ? rest : str_head(rest, (size_t)at);
		struct buf text = {0};
		buf_printf(&text, "title: rule %u\n", count++);
		if (str_find(one, STR("logsource:")) < 0)
			buf_text(&text, "logsource: {product: windows, service: security}\n");
		buf_str(&text, one);
		sigma_set_add(b->set, STR("rules"), buf_get(&text), diags);
		buf_free(&text);
		rest = at < 0 ? STR_NONE : str_skip(rest, (size_t)at + 4);
	}
	sigma_set_bind(b->set, diags);
	if (b->set->rule_count != count)
		print_diags(diags);
	assert_int_equal(b->set->rule_count, count);
	diags_free(diags);
}

static void bench_open(struct bench *b, const char *rules)
{
	struct buf image = {0};
	load_rules(b, rules);
	b->program = sigma_program_compile(b->set, 1);
	sigma_program_save(b->program, &image);
	assert_int_equal(sigma_program_load(buf_get(&image), &b->loaded), 0);
	buf_free(&image);
	b->matcher = sigma_matcher_new(b->program);
	b->second = sigma_matcher_new(b->loaded);
	b->naive = sigma_naive_new(b->set);
	b->names = names_new(sigma_program_keys(b->program));
	b->arena = arena_new(0);
}

static void bench_close(struct bench *b)
{
	sigma_matcher_free(b->matcher);
	sigma_matcher_free(b->second);
	sigma_naive_free(b->naive);
	sigma_program_free(b->program);
	sigma_program_free(b->loaded);
	sigma_set_free(b->set);
	names_free(b->names);
	arena_free(b->arena);
}

static const char *list_text(const uint32_t *rules, uint32_t n, struct buf *out)
{
	buf_clear(out);
	for (uint32_t i = 0; i < n; i++)
		buf_printf(out, "%s%u", i ? " " : "", rules[i]);
	buf_byte(out, '\0');
	return out->p;
}

static void run_row(const struct row *row)
{
	struct bench b = {0};
	struct buf text = {0};
	const uint32_t *rules;
	bench_open(&b, row->rules);
	for (int i = 0; row->events[i].event; i++) {
		struct event e;
		event_init(&e, b.names, b.arena);
		read_event(&e, row->events[i].event);
		struct { const char *who; uint32_t n; } who[] = {{"naive", 0}, {"compiled", 0}, {"loaded", 0}, {"again", 0}};
		for (int k = 0; k < 4; k++) {
			uint32_t n = k == 0 ? sigma_naive_run(b.naive, &e, &rules)
					    : sigma_matcher_run(k == 2 ? b.second : b.matcher, &e, &rules);
			const char *got = list_text(rules, n, &text);
			if (strcmp(got, row->events[i].expected) != 0)
				fail_msg("%s, event %d (%s): the %s evaluator says '%s', not '%s'", row->name, i,
					 row->events[i].event, who[k].who, got, row->events[i].expected);
		}
	}
	buf_free(&text);
	bench_close(&b);
}

#define SEC "@product=windows|@channel=Security|"
#define ONE(test) "detection:\n  a:\n    " test "\n  condition: a\n"

static const struct row rows[] = {
	{"equality", ONE("F: abc") "---\n" ONE("F: ''") "---\n" ONE("F: [x, '0123', abc]"),
	 {{SEC "F=abc", "0 2"}, {SEC "F=ABC", "0 2"}, {SEC "F=abcd", ""}, {SEC "F=", "1"}, {SEC "F!", ""}, {SEC "G=abc", ""},
	  {SEC "F#=0123", "2"}, {SEC "F#=123", ""}}},
	{"contains, startswith, endswith",
	 ONE("F|contains: bcde") "---\n" ONE("F|startswith: abcd") "---\n" ONE("F|endswith: cdef"),
	 {{SEC "F=abcdef", "0 1 2"}, {SEC "F=xabcdef", "0 2"}, {SEC "F=abcdefx", "0 1"}, {SEC "F=abcd", "1"},
	  {SEC "F=xabcdx|F=yabcdy", ""}, {SEC "F=ab|F=cdef", "2"}, {SEC "F=", ""}, {SEC "G=abcdef", ""}}},
	{"short literals", ONE("F|contains: b") "---\n" ONE("F|startswith: a") "---\n" ONE("F|endswith: c") "---\n"
	 ONE("F|contains: ['', zz]") "---\n" ONE("F|contains: [ab, longer]"),
	 {{SEC "F=abc", "0 1 2 3 4"}, {SEC "F=", "3"}, {SEC "F=xLONGERx", "3 4"}, {SEC "G=abc", ""}, {SEC "F!", ""}}},
	{"wildcards", ONE("F: 'a*c?e'") "---\n" ONE("F: '*'") "---\n" ONE("F: '?'") "---\n" ONE("F|contains: 'long*literal'")
	 "---\n" ONE("F|endswith: 'o?ercase.exe'"),
	 {{SEC "F=aXXcYe", "0 1"}, {SEC "F=ac\xc3\xa9""e", "0 1"}, {SEC "F=", "1"}, {SEC "F=\xc3\xa9", "1 2"},
	  {SEC "F=a LONG and a Literal.", "1 3"}, {SEC "F=literal long", "1"}, {SEC "F=C:\\\\LOWERCASE.EXE", "1 4"},
	  {SEC "F=a\x0d\x0a""cXe", "0 1"}, {SEC "F!", ""}}},
	{"file names", ONE("F|endswith: ['\\cmd.exe', '\\x\\y.exe', '/bash', 'nopath']") "---\n"
	 ONE("F|endswith: '\\a'") "---\n" ONE("F|endswith: '/'"),
	 {{SEC "F=C:\\\\Windows\\\\CMD.exe", "0"}, {SEC "F=cmd.exe", ""}, {SEC "F=\\\\cmd.exe", "0"}, {SEC "F=/bin/bash", "0"},
	  {SEC "F=C:\\\\x\\\\y.exe", "0"}, {SEC "F=y.exe", ""}, {SEC "F=isnopath", "0"}, {SEC "F=b\\\\a", "1"},
	  {SEC "F=/x/", "2"}, {SEC "F=\\\\", ""}}},
	{"many plain values are a table",
	 ONE("F|endswith: ['\\a1.exe','\\a2.exe','\\a3.exe','\\a4.exe','\\a5.exe','\\a6.exe','\\a7.exe','/a8','tail9']\n"
	     "    G: 1") "---\n" ONE("F: [q1,q2,q3,q4,q5,q6,q7,q8]\n    G|contains: 1"),
	 {{SEC "F=c:\\\\A3.exe|G=1", "0"}, {SEC "F=a3.exe|G=1", ""}, {SEC "F=x/A8|G=1", "0"}, {SEC "F=xtail9|G=1", "0"},
	  {SEC "F=Q7|G=1", "1"}, {SEC "F=q7|G=2", ""}, {SEC "F=q9|G=1", ""}}},
	{"all", ONE("F|contains|all: [alpha, beta]") "---\n" ONE("F|contains: [alpha, beta]"),
	 {{SEC "F=alpha beta", "0 1"}, {SEC "F=alpha|F=beta", "0 1"}, {SEC "F=alpha", "1"}, {SEC "F=gamma", ""}}},
	{"overlapping literals", ONE("F|contains: aaaa") "---\n" ONE("F|contains: aaaaaa") "---\n" ONE("F|contains: abab")
	 "---\n" ONE("F|contains: baba") "---\n" ONE("G|contains: aaaa"),
	 {{SEC "F=aaaaaaa", "0 1"}, {SEC "F=ababab", "2 3"}, {SEC "F=aaaa", "0"}, {SEC "G=aaaaaa", "4"},
	  {SEC "F=aa|G=aa", ""}, {SEC "F=aaa|F=aaa", ""}}},
	{"null and exists", ONE("F: null") "---\n" ONE("F|exists: true") "---\n" ONE("F|exists: false"),
	 {{SEC "F=1", "1"}, {SEC "F!", "0 1"}, {SEC "G=1", "0 2"}, {SEC "F=", "1"}, {SEC "F!|F=1", "1"}, {SEC "F!|F!", "0 1"}}},
	{"not", "detection:\n  a:\n    F|contains: alpha\n  b:\n    G|contains: beta\n  condition: a and not b\n---\n"
	 "detection:\n  a:\n    F|contains: alpha\n  condition: not a\n",
	 {{SEC "F=alpha", "0"}, {SEC "F=alpha|G=beta", ""}, {SEC "G=beta", "1"}, {SEC "F=gamma|G=beta", "1"}}},
	{"cased", ONE("F|cased: aBc") "---\n" ONE("F|contains|cased: LONGer") "---\n" ONE("F|endswith|cased: '\\X.exe'"),
	 {{SEC "F=aBc", "0"}, {SEC "F=abc", ""}, {SEC "F=is LONGer", "1"}, {SEC "F=is longer", ""},
	  {SEC "F=a\\\\X.exe", "2"}, {SEC "F=a\\\\x.exe", ""}}},
	{"regex", ONE("F|re: 'a.c+$'") "---\n" ONE("F|re|i: 'ABC'") "---\n" ONE("F|re: '^$'") "---\n" ONE("F|re: '[0-9]{3}'"),
	 {{SEC "F=xaBccc", "0 1"}, {SEC "F=abc", "0 1"}, {SEC "F=aBCd", "1"}, {SEC "F=", "2"}, {SEC "F=x123|F=", "2 3"},
	  {SEC "F=a\xff\xfe""c", ""}, {SEC "F=a\xff""c", "0"}, {SEC "F!", ""}, {SEC "F#=1234", "3"}}},
	{"cidr", ONE("F|cidr: 10.0.0.0/8") "---\n" ONE("F|cidr: ['fe80::/10', 192.168.1.0/24]"),
	 {{SEC "F=10.9.8.7", "0"}, {SEC "F=11.0.0.1", ""}, {SEC "F=fe80::1", "1"}, {SEC "F=FE80::1", "1"},
	  {SEC "F=192.168.1.77", "1"}, {SEC "F=x", ""}, {SEC "F=1.1.1.1|F=10.0.0.1", "0"}}},
	{"compare", ONE("F|gt: 10") "---\n" ONE("F|lte: -1.5"),
	 {{SEC "F=11", "0"}, {SEC "F#=10", ""}, {SEC "F=0x1F", "0"}, {SEC "F=-2", "1"}, {SEC "F=x", ""}, {SEC "F!", ""}}},
	{"fieldref", ONE("F|fieldref: G") "---\n" ONE("F|fieldref|startswith: G"),
	 {{SEC "F=abc|G=ABC", "0 1"}, {SEC "F=abcd|G=ABC", "1"}, {SEC "F=abc", ""}, {SEC "G=abc", ""}, {SEC "F=abc|G!", ""},
	  {SEC "F=x|F=abc|G=y|G=abc", "0 1"}}},
	{"date parts", ONE("F|hour: 9") "---\n" ONE("F|year: 2023"),
	 {{SEC "F=2023-07-19T09:03:40Z", "0 1"}, {SEC "F=2024-07-19T08:03:40Z", ""}, {SEC "F=soon", ""}}},
	{"windash", ONE("F|windash|contains: ' -enc '"),
	 {{SEC "F=p /ENC x", "0"}, {SEC "F=p -enc x", "0"}, {SEC "F=p \xe2\x80\x93""enc x", "0"}, {SEC "F=p +enc x", ""}}},
	{"non-ASCII folding", ONE("F|contains: 'ĐÔNG'") "---\n" ONE("F: 'ÀÉÎ'"),
	 {{SEC "F=x đông y", "0"}, {SEC "F=àéî", "1"}, {SEC "F=ÀÉÎ", "1"}, {SEC "F=aei", ""}}},
	{"bad UTF-8 never ends a value", ONE("F|endswith: tail") "---\n" ONE("F|startswith: head") "---\n" ONE("F|contains: midst"),
	 {{SEC "F=head\xfftail", "0 1"}, {SEC "F=tail\xffx", ""}, {SEC "F=x\xffhead", ""}, {SEC "F=mid\xffst", ""},
	  {SEC "F=\xff""head", ""}, {SEC "F=\xff\xff\xff|F=tail", "0"}}},
	{"very long values", ONE("F|endswith: tail") "---\n" ONE("F|contains: needle"),
	 {{SEC "F=a\\*200000;tail|F=needle", "0 1"}, {SEC "F=a\\*100000;needlea\\*100000;", "1"}, {SEC "F=a\\*300000;", ""}}},
	{"literals longer than the engine is given", ONE("F|contains: '0123456789012345678901234567890123456789012345678901234567890123456789X'")
	 "---\n" ONE("F|startswith: '0123456789012345678901234567890123456789012345678901234567890123456789Y'"),
	 {{SEC "F=-0123456789012345678901234567890123456789012345678901234567890123456789x", "0"},
	  {SEC "F=0123456789012345678901234567890123456789012345678901234567890123456789y", "1"},
	  {SEC "F=x0123456789012345678901234567890123456789012345678901234567890123456789y", ""},
	  {SEC "F=-123456789012345678901234567890123456789012345678901234567890123456789x", ""}}},
	{"system and data fields of one name", ONE("Version: 5") "---\n" ONE("Channel: Security") "---\n" ONE("Computer|contains: host"),
	 {{SEC "+Version=5", "0"}, {SEC "+Version=5|Version=6", ""}, {SEC "+Version=6|Version=5", "0"},
	  {SEC "Version=6|+Version=5", ""}, {SEC "+Channel=Security|Channel=x", "1"}, {SEC "Channel=Security", "1"},
	  {SEC "Channel=x|+Channel=Security", "1"}, {SEC "+Computer=a|Computer=myhost", ""}, {SEC "Computer=myhost", "2"}}},
	{"event ids are routed", ONE("EventID: 4624") "---\n" ONE("EventID: [4624, 4625]\n    F|contains: abcd") "---\n"
	 ONE("EventID|startswith: 46") "---\n" "detection:\n  a:\n    EventID: 4624\n  condition: not a\n---\n"
	 "detection:\n  a:\n    EventID: 1\n    F: abcd\n  b:\n    EventID: 2\n    G: abcd\n  condition: 1 of *\n",
	 {{SEC "@id=4624|+EventID=4624", "0 2"}, {SEC "@id=4625|+EventID#=4625|F=xabcdx", "1 2 3"}, {SEC "@id=1|+EventID=1|F=abcd", "3 4"},
	  {SEC "@id=2|+EventID=2|F=abcd", "3"}, {SEC "@id=2|+EventID=2|G=abcd", "3 4"}, {SEC "@id=2|G=abcd", "3"},
	  {SEC "@id=2|+EventID=2|+EventID=4624", "0 2"}, {SEC "@id=2|+EventID=4624|EventID=2", "0 2"},
	  {SEC "@id=4624|+EventID=04624", "3"}, {SEC "EventID=4624", "0 2"}, {SEC "@id=4624|EventID=4624", "0 2"},
	  {SEC "@id=7|EventID!", "3"}}},
	{"channels and classes",
	 "logsource: {product: windows, service: hyper-v}\n" ONE("F: 1") "---\n"
	 "logsource: {product: linux, service: sshd}\n" ONE("F: 1") "---\n"
	 "logsource: {category: webserver}\n" ONE("F: 1") "---\n"
	 "logsource: {product: linux}\n" ONE("F: 1") "---\n" ONE("F: 1") "---\n"
	 "logsource: {product: windows, category: unheard}\n" ONE("F: 1"),
	 {{"@product=windows|@channel=hyper-v-Worker|F=1", "0 2"}, {"@product=windows|@channel=Hyper|F=1", "2"},
	  {"@product=linux|@service=sshd|F=1", "1 2 3"}, {"@product=linux|@service=cron|F=1", "2 3"},
	  {"@product=linux|F=1", "1 2 3"}, {"@category=webserver|F=1", "0 1 2 3 4"}, {"@category=proxy|F=1", "0 1 3 4"},
	  {"F=1", "0 1 2 3 4"}, {"@product=beos|F=1", "2"}, {SEC "@category=unheard|F=1", "4 5"},
	  {SEC "@category=webserver|@service=security|F=1", "2 4"}, {"@product=linux|@service=sshd|@category=webserver|F=1", "1 2 3"}}},
	{"one rule, two kinds of source",
	 "logsource: {product: windows, category: process_creation}\n" ONE("Image|endswith: '\\evil.exe'") "---\n"
	 "logsource: {product: windows, category: process_creation}\n" ONE("OriginalFileName: null\n    Image|contains: evil") "---\n"
	 "logsource: {product: windows, category: process_creation}\n" ONE("User: 'DOM\\bob'") "---\n"
	 "logsource: {product: windows, category: process_creation}\n" ONE("ProcessId: 255") "---\n"
	 "logsource: {product: windows, category: process_creation}\n" ONE("ProcessId|gte: 200\n    User|contains: ob"),
	 {{"@product=windows|@channel=Sysmon/Operational|@provider=Sysmon|@id=1|+EventID=1|Image=c:\\\\evil.exe|OriginalFileName=x|User=dom\\\\bob|ProcessId=255", "0 2 3 4"},
	  {"@product=windows|@channel=Sysmon/Operational|@provider=Other|@id=1|+EventID=1|Image=c:\\\\evil.exe", ""},
	  {SEC "@id=4688|+EventID=4688|NewProcessName=c:\\\\evil.exe|OriginalFileName=x|Domain=DOM|Name=Bob|NewProcessId=0xff", "0 1 2 3 4"},
	  {SEC "@id=4688|+EventID=4688|Image=c:\\\\evil.exe|User=dom\\\\bob|ProcessId=255", ""},
	  {"@id=4688|Image=c:\\\\evil.exe|NewProcessName=c:\\\\evil.exe", "0 1"}}},
	{"keywords", "detection:\n  a: [Mimi Katz, '*w?ld*']\n  condition: a\n---\n"
	 "detection:\n  a:\n    '|all': [alpha, beta]\n  condition: a\n---\n"
	 "detection:\n  a:\n    '|re': 'x{5}'\n  condition: a\n",
	 {{SEC "@id=1|F=a mimi katz b", "0"}, {SEC "@id=1|F=mimi|G= katz", ""}, {SEC "@id=1|Anything=its wild", "0"},
	  {SEC "@id=1|F=alpha|G=beta", "1"}, {SEC "@id=1|Q=alpha beta", "1"}, {SEC "@id=1|F=xxxxx", "2"},
	  {SEC "@id=1|+F=wild|F=x", "0"}, {SEC "@id=1|@raw=line with Mimi Katz|F=alpha", "0"}, {SEC "@id=1|@raw=line|F=mimi katz", ""},
	  {SEC "@id=1|Mimi Katz=1", ""}, {"@channel=System|@id=1|F=mimi katz", ""}}},
	{"keywords that are words need no numbers", "detection:\n  a: [mimikatz]\n  condition: a\n---\n" ONE("F: 4660"),
	 {{SEC "@id=1|F%=4660|G=mimikatz", "0 1"}, {SEC "@id=1|F%=4660", "1"}, {SEC "@id=1|G%=7|F=mimikatz", "0"}}},
	{"keywords that may be numbers", "detection:\n  a: ['466', mimikatz]\n  condition: a\n---\n" ONE("F: 4660"),
	 {{SEC "@id=1|F%=4660|G=mimikatz", "0 1"}, {SEC "@id=1|F%=4660", "0 1"}, {SEC "@id=1|G%=14660", "0"}, {SEC "@id=1|G%=7", ""}}},
	{"keywords pass by what is derived",
	 "logsource: {product: windows, category: process_creation}\n"
	 "detection:\n  k: ['dom\\bob']\n  a:\n    User|endswith: 'longtail'\n  condition: 1 of *\n",
	 {{SEC "@id=4688|Domain=dom|Name=bob", ""}, {SEC "@id=4688|Domain=dom\\\\bob|Name=x", "0"},
	  {SEC "@id=4688|Domain=dom|Name=longtail", "0"}}},
	{"one literal, several keys and rules", ONE("F|contains: shared") "---\n" ONE("G|contains: shared") "---\n"
	 ONE("F|contains: [shared, other]") "---\n" ONE("F|startswith: shared") "---\n" ONE("F: shared"),
	 {{SEC "F=shared", "0 2 3 4"}, {SEC "G=shared", "1"}, {SEC "F=a shared b", "0 2"}, {SEC "F=another", "2"}}},
	{"deep conditions", "detection:\n  a:\n    F|contains: aaaa\n  b:\n    F|contains: bbbb\n  c:\n    F|contains: cccc\n"
	 "  d:\n    F|contains: dddd\n  condition: (a and not (b or c)) or (not a and not (not b or not (c or not d)))\n",
	 {{SEC "F=aaaa", "0"}, {SEC "F=aaaa bbbb", ""}, {SEC "F=bbbb", "0"}, {SEC "F=bbbb dddd", ""}, {SEC "F=bbbb cccc dddd", "0"},
	  {SEC "F=cccc", ""}, {SEC "F=aaaa cccc dddd", ""}}},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		run_row(&rows[i]);
}

/* However many regexes look at it, a value is written out once, bad UTF-8 or not. */
static void test_bad_bytes_once(void **state)
{
	struct bench b = {0};
	struct buf text = {0};
	struct event e;
	const uint32_t *rules;
	(void)state;
	for (unsigned i = 0; i < 8; i++)
		buf_printf(&text, "%sdetection:\n  a:\n    B: x\n    F|re: 'q%u.z'\n  condition: a\n", i ? "---\n" : "", i);
	buf_byte(&text, '\0');
	bench_open(&b, text.p);
	event_init(&e, b.names, b.arena);
	read_event(&e, SEC "B=x|F=q7\\xff\\*100000;z");
	assert_int_equal(sigma_matcher_run(b.matcher, &e, &rules), 0);
	assert_int_equal(b.matcher->stats.regexes, 8);
	assert_true(b.matcher->side.n < 150000);
	buf_free(&text);
	bench_close(&b);
}

static void test_filter(void **state)
{
	struct bench b = {0};
	struct event e;
	const uint32_t *rules;
	(void)state;
	bench_open(&b, ONE("F|contains: abcd") "---\n" ONE("F|contains: bcde"));
	event_init(&e, b.names, b.arena);
	read_event(&e, SEC "F=abcde");
	sigma_matcher_filter(b.matcher, (const uint8_t[]){0, 1});
	assert_int_equal(sigma_matcher_run(b.matcher, &e, &rules), 1);
	assert_int_equal(rules[0], 1);
	sigma_matcher_filter(b.matcher, NULL);
	assert_int_equal(sigma_matcher_run(b.matcher, &e, &rules), 2);
	bench_close(&b);
}

static void test_looked(void **state)
{
	struct bench b = {0};
	struct event e;
	struct sigma_looked looked[8];
	(void)state;
	bench_open(&b, "logsource: {product: windows, category: process_creation}\n"
		   ONE("Image|contains: evil\n    User|contains: bob\n    Absent: null"));
	event_init(&e, b.names, b.arena);
	read_event(&e, SEC "@id=4688|+EventID=4688|NewProcessName=evil|Domain=dom|Name=bob|Image=no");
	assert_int_equal(sigma_program_looked(b.loaded, 0, &e, looked, 8), 2);
	assert_true(str_eq(looked[0].name, STR("Image")));
	assert_true(str_eq((struct str){looked[0].field.data, looked[0].field.size}, STR("evil")));
	assert_true(str_eq(looked[1].name, STR("User")));
	assert_true(str_eq((struct str){looked[1].field.data, looked[1].field.size}, STR("dom\\bob")));
	assert_int_equal(sigma_program_looked(b.loaded, 0, &e, looked, 1), 1);
	assert_int_equal(sigma_program_rule_count(b.loaded), 1);
	assert_true(str_eq(sigma_program_rule(b.loaded, 0)->title, STR("rule 0")));
	assert_int_equal(sigma_program_rule(b.loaded, 0)->field_count, 3);
	assert_int_equal(sigma_program_counts(b.loaded)->loaded, 1);
	bench_close(&b);
}

/* Nothing that is not the image as it was written is taken. */
static void test_damage(void **state)
{
	struct bench b = {0};
	struct buf image = {0};
	struct sigma_program *p = NULL;
	(void)state;
	bench_open(&b, ONE("F|contains: abcd") "---\n" ONE("F|re: 'a+'"));
	sigma_program_save(b.program, &image);
	for (size_t n = 0; n < image.n; n += image.n / 50 + 1)
		assert_int_equal(sigma_program_load(str_n(image.p, n), &p), ERR_FORMAT);
	for (size_t i = 0; i < image.n; i += image.n / 300 + 1) {
		image.p[i] ^= 0x20;
		int err = sigma_program_load(buf_get(&image), &p);
		assert_true(err == ERR_FORMAT || err == ERR_STALE);
		image.p[i] ^= 0x20;
	}
	size_t format = offsetof(struct image_header, format);
	image.p[format]++;
	assert_int_equal(sigma_program_load(buf_get(&image), &p), ERR_STALE);
	image.p[format]--;
	image.p[offsetof(struct image_header, engine)]++;
	assert_int_equal(sigma_program_load(buf_get(&image), &p), ERR_STALE);
	buf_free(&image);
	bench_close(&b);
}

static void test_no_rules(void **state)
{
	struct sigma_set *set = sigma_set_new();
	struct diags *diags = diags_new();
	struct event e;
	const uint32_t *rules;
	(void)state;
	sigma_set_bind(set, diags);
	struct sigma_program *p = sigma_program_compile(set, 1);
	struct sigma_matcher *m = sigma_matcher_new(p);
	struct names *names = names_new(sigma_program_keys(p));
	struct arena *arena = arena_new(0);
	event_init(&e, names, arena);
	read_event(&e, SEC "F=1");
	assert_int_equal(sigma_matcher_run(m, &e, &rules), 0);
	sigma_matcher_free(m);
	sigma_program_free(p);
	sigma_set_free(set);
	diags_free(diags);
	names_free(names);
	arena_free(arena);
}

/* What a finding says of a rule is bounded, and cut between characters. */
static void test_description(void **state)
{
	static const char head[] = "title: t\nlogsource: {category: test}\ndetection: {a: {F: x}, condition: a}\n";
	struct sigma_set *set = sigma_set_new();
	struct diags *diags = diags_new();
	struct buf text = {0};
	(void)state;
	buf_printf(&text, "%sdescription: short\n---\n%sdescription: x", head, head);
	for (int i = 0; i < 2000; i++)
		buf_text(&text, "\xC3\xA9");
	buf_printf(&text, "\n---\n%s", head);
	sigma_set_add(set, STR("f"), buf_get(&text), diags);
	sigma_set_bind(set, diags);
	struct sigma_program *p = sigma_program_compile(set, 1);
	assert_int_equal(sigma_program_rule_count(p), 3);
	assert_true(str_eq(sigma_program_rule(p, 0)->description, STR("short")));
	assert_int_equal(sigma_program_rule(p, 1)->description.n, SIGMA_DESCRIPTION_SHOWN - 1);
	assert_true(str_eq(sigma_program_rule(p, 1)->description, str_head(set->rules[1]->description, SIGMA_DESCRIPTION_SHOWN - 1)));
	assert_null(sigma_program_rule(p, 2)->description.p);
	sigma_program_free(p);
	sigma_set_free(set);
	diags_free(diags);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_bad_bytes_once),
		cmocka_unit_test(test_filter), cmocka_unit_test(test_looked),
		cmocka_unit_test(test_damage), cmocka_unit_test(test_no_rules),
		cmocka_unit_test(test_description),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
