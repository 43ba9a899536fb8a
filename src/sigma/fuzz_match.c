/*
 * The contract of the compiled evaluator: it finds the rules that the naive one finds, whatever the rules and events.
 *
 * Input: bytes that choose. First a few rules: each a few items, an item a field, modifiers, values and how it is joined;
 * then events: each a source, and fields with values put together of the same pieces as the rules' values.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sigma/naive.h"
#include "sigma/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char mapping[] =
	"closed: windows\nsources:\n"
	"  - name: one\n    for: {product: windows, category: start}\n    is: {channel: Sys, provider: P, event_id: 1}\n"
	"  - name: two\n    for: {product: windows, category: start}\n    is: {channel: Sec, event_id: [2, 3]}\n"
	"    rename: {A: B}\n    derive:\n      C: {join: '{A}-{D}'}\n"
	"      Version: {urls: ['{A}', '{A}?{D}']}\n    absent: [D]\n"
	"  - name: sec\n    for: {product: windows, service: sec}\n    is: {channel: 'Se*'}\n";

static const char *const sources[] = {
	"{product: windows, category: start}", "{product: windows, service: sec}", "{product: linux, service: s}",
	"{category: web}", "{product: linux}", "{product: windows, category: nowhere}"};
static const char *const fields[] = {"A", "B", "C", "D", "EventID", "Channel", "Version"};
static const char *const modifiers[] = {
	"", "|contains", "|startswith", "|endswith", "|contains|all", "|re", "|re|i", "|cased", "|contains|cased", "|fieldref",
	"|gt", "|exists", "|endswith|cased", "|windash|contains", "|cidr", "null"};
static const char *const pieces[] = {
	"abc", "ab", "a", "\\x.exe", "\\", "/y", "1", "2", "4688", "*", "?", "-k ", "XyZ", "longer text", "\xc3\x89", "\xd0\xb0",
	"tail", "q", "10.0.0.1", "b+", " ", "x.exe", "%41+%25", "%2561"};
#define COUNT(a) (sizeof(a) / sizeof *(a))

struct input { const uint8_t *p; size_t n; };

static unsigned take(struct input *in, size_t limit)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->p++ % (unsigned)limit;
}

static void put_value(struct input *in, struct buf *b)
{
	buf_byte(b, '\'');
	for (unsigned n = take(in, 4); n; n--)
		buf_text(b, pieces[take(in, COUNT(pieces))]);
	buf_byte(b, '\'');
}

static void put_item(struct input *in, struct buf *b)
{
	const char *field = fields[take(in, COUNT(fields))], *modifier = modifiers[take(in, COUNT(modifiers))];
	if (!strcmp(modifier, "null")) {
		buf_printf(b, "    %s: null\n", field);
	} else if (!strcmp(modifier, "|exists")) {
		buf_printf(b, "    %s|exists: %s\n", field, take(in, 2) ? "true" : "false");
	} else if (!strcmp(modifier, "|fieldref")) {
		buf_printf(b, "    %s|fieldref: %s\n", field, fields[take(in, COUNT(fields))]);
	} else if (!strcmp(modifier, "|gt")) {
		buf_printf(b, "    %s|gt: %u\n", field, take(in, 5));
	} else if (!strcmp(modifier, "|cidr")) {
		buf_printf(b, "    %s|cidr: 10.0.0.0/%u\n", field, 8 + take(in, 24));
	} else {
		buf_printf(b, "    %s%s: [", field, modifier);
		for (unsigned n = 1 + take(in, 9); n; n--) {
			put_value(in, b);
			buf_text(b, n > 1 ? ", " : "]\n");
		}
	}
}

static void put_rule(struct input *in, struct buf *b)
{
	static const char *const conditions[] = {"a and b", "a or b", "a and not b", "not a", "a", "1 of *", "not (a or b)", "k or a"};
	const char *condition = conditions[take(in, COUNT(conditions))];
	buf_printf(b, "title: r\nlogsource: %s\ndetection:\n", sources[take(in, COUNT(sources))]);
	for (int i = 0; i < 2; i++) {
		buf_printf(b, "  %c:\n", "ab"[i]);
		put_item(in, b);
		if (take(in, 3) == 0)
			put_item(in, b);
	}
	if (condition[0] == 'k') {
		buf_text(b, "  k: [");
		put_value(in, b);
		buf_text(b, ", ");
		put_value(in, b);
		buf_text(b, "]\n");
	}
	buf_printf(b, "  condition: %s\n", condition);
}

static struct str value_of(struct input *in, struct arena *a)
{
	struct buf b = {0};
	for (unsigned n = take(in, 5); n; n--)
		buf_text(&b, pieces[take(in, COUNT(pieces))]);
	if (take(in, 16) == 1)
		buf_byte(&b, (char)take(in, 256));
	struct str s = arena_str(a, buf_get(&b));
	buf_free(&b);
	return s;
}

static void make_event(struct input *in, struct event *e)
{
	static const char *const products[] = {"windows", "linux", "other"}, *const channels[] = {"Sys", "sec", "Sesame", "x"};
	static const char *const categories[] = {"web", "start", "y"}, *const services[] = {"s", "sec", "z"};
	unsigned known = take(in, 256);
	if (known & 1)
		e->product = str_c(products[take(in, 3)]);
	if (known & 2)
		e->channel = str_c(channels[take(in, 4)]);
	if (known & 4)
		e->event_id = take(in, 5);
	if (known & 8)
		e->provider = take(in, 2) ? STR("P") : STR("q");
	if ((known & 0x30) == 0x30)
		e->category = str_c(categories[take(in, 3)]);
	if ((known & 0xc0) == 0xc0)
		e->service = str_c(services[take(in, 3)]);
	if (take(in, 8) == 7)
		e->raw = value_of(in, e->arena);
	if (known & 4 && take(in, 4))
		event_add_named(e, FIELD_SYSTEM, STR("EventID"), VALUE_NUMBER, arena_printf(e->arena, "%d", (int)e->event_id));
	for (unsigned n = take(in, 7); n; n--) {
		enum field_space space = take(in, 4) ? FIELD_DATA : FIELD_SYSTEM;
		struct str name = str_c(fields[take(in, COUNT(fields))]);
		enum value_kind kind = take(in, 8) == 7 ? VALUE_NULL : VALUE_TEXT;
		if (take(in, 8) == 7)
			event_add_named(e, space, name, VALUE_UINT, str_n("\x50\x12\0\0", take(in, 2) ? 4 : 1));
		else
			event_add_named(e, space, name, kind, value_of(in, e->arena));
	}
}

static struct sigma_set *make_set(struct input *in)
{
	struct sigma_set *set = sigma_set_new();
	struct diags *diags = diags_new();
	int err = sigma_set_mapping(set, STR("mapping"), str_c(mapping), diags);
	assert(err == 0);
	for (unsigned n = 1 + take(in, 5); n; n--) {
		struct buf b = {0};
		put_rule(in, &b);
		sigma_set_add(set, STR("rule"), buf_get(&b), diags);
		buf_free(&b);
	}
	sigma_set_bind(set, diags);
	diags_free(diags);
	return set;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct sigma_set *set = make_set(&in);
	struct sigma_program *p = sigma_program_compile(set, 1);
	struct sigma_matcher *m = sigma_matcher_new(p);
	struct sigma_naive *naive = sigma_naive_new(set);
	struct names *names = names_new(sigma_program_keys(p));
	struct arena *arena = arena_new(0);
	for (int i = 0; i < 8 && in.n; i++) {
		struct event e;
		const uint32_t *got, *want;
		arena_reset(arena);
		event_init(&e, names, arena);
		make_event(&in, &e);
		uint32_t n = sigma_matcher_run(m, &e, &got), w = sigma_naive_run(naive, &e, &want);
		assert(n == w && memcmp(got, want, n * sizeof *want) == 0);
	}
	arena_free(arena);
	names_free(names);
	sigma_naive_free(naive);
	sigma_matcher_free(m);
	sigma_program_free(p);
	sigma_set_free(set);
	return 0;
}
