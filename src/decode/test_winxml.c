/* Windows events in XML: golden cases, limits, and cutting at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/vec.h"
#include "decode/winxml.h"
#include "decode/xml.h"
#include "event/cases.h"
#include "event/value.h"

struct heard {
	struct decode_ctx c;
	struct decode_stats stats;
	struct buf events, skips;
};

static void hear_event(void *user, struct event *e)
{
	struct heard *h = user;
	struct buf *b = &h->events;
	char time[CLOCK_TEXT_MAX];

	buf_printf(b, "record=%llu\n", (unsigned long long)e->record);
	if (e->time != TICKS_NONE)
		buf_printf(b, "time=%.*s\n", (int)clock_format(e->time, time), time);
	buf_printf(b, "product=%.*s\n", STR_ARGS(e->product));
	if (e->channel.p)
		buf_printf(b, "channel=%.*s\n", STR_ARGS(e->channel));
	if (e->provider.p)
		buf_printf(b, "provider=%.*s\n", STR_ARGS(e->provider));
	if (e->event_id != EVENT_NO_ID)
		buf_printf(b, "event_id=%lld\n", (long long)e->event_id);
	if (e->flags & EVENT_PARTIAL)
		buf_text(b, "partial\n");
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		buf_text(b, f->space == FIELD_SYSTEM ? "S " : "D ");
		buf_str(b, names_text(e->names, f->name));
		buf_byte(b, '=');
		case_escape(value_text(f, e->arena), b);
		buf_byte(b, '\n');
	}
}

static void hear_skip(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	struct heard *h = user;

	assert_non_null(detail);
	buf_printf(&h->skips, "%s%s@%llu", h->skips.n ? " " : "", decode_cause_name(cause), (unsigned long long)(place + h->c.offset));
}

static void heard_open(struct heard *h)
{
	*h = (struct heard){0};
	h->c = (struct decode_ctx){.arena = arena_new(0), .names = names_new(NULL), .stats = &h->stats, .emit = hear_event,
				   .skip = hear_skip, .user = h, .state = winxml_format.state_new()};
}

static void heard_close(struct heard *h)
{
	winxml_format.state_free(h->c.state);
	names_free(h->c.names);
	arena_free(h->c.arena);
	buf_free(&h->events);
	buf_free(&h->skips);
}

static void hear(struct heard *h, struct str block, uint64_t offset)
{
	arena_reset(h->c.arena);
	names_begin_batch(h->c.names);
	h->c.offset = offset;
	winxml_format.decode(&h->c, block);
}

/* As the hunt does: blocks of at least `step` bytes more, cut where the format says. */
static void hear_cut(struct heard *h, struct str text, size_t step)
{
	size_t at = 0, end = 0;

	while (at < text.n) {
		end = end + step < text.n ? end + step : text.n;
		size_t n = end == text.n ? text.n - at : winxml_format.cut(str_n(text.p + at, end - at));
		assert_true(n <= end - at);
		if (n == 0)
			continue;
		/* In memory of its own, so that nothing is read beyond. */
		char *block = mem_alloc(n);
		memcpy(block, text.p + at, n);
		hear(h, str_n(block, n), at);
		vec_release(block);
		at += n;
	}
}

static void said(struct heard *h, struct buf *out)
{
	buf_printf(out, "%llu event%s\n", (unsigned long long)h->stats.events, h->stats.events == 1 ? "" : "s");
	if (h->skips.n)
		buf_printf(out, "%.*s\n", STR_ARGS(buf_get(&h->skips)));
	buf_str(out, buf_get(&h->events));
	buf_clear(&h->events);
	buf_clear(&h->skips);
	h->stats = (struct decode_stats){0};
}

/* Whole, and cut at every byte. */
static void run_case(void *user, struct str input, struct buf *out)
{
	struct heard *h = user;

	hear(h, input, 0);
	said(h, out);
	for (size_t step = 1; step <= input.n; step += step < 40 ? 1 : 37) {
		struct buf again = {0};
		hear_cut(h, input, step);
		said(h, &again);
		if (!str_eq(buf_get(&again), buf_get(out)))
			fail_msg("in steps of %zu:\n%.*s\nnot\n%.*s", step, STR_ARGS(buf_get(&again)), STR_ARGS(buf_get(out)));
		buf_free(&again);
	}
}

static void test_cases(void **state)
{
	struct heard h;
	struct str text;
	struct arena *a = arena_new(0);
	struct case_run run = {.path = "tests/cases/decode/winxml.case", .decode = run_case, .user = &h};

	(void)state;
	heard_open(&h);
	assert_int_equal(io_read_file(run.path, 1 << 20, a, &text), 0);
	case_file(&run, text);
	assert_true(run.cases > 12);
	assert_int_equal(run.failures, 0);
	heard_close(&h);
	arena_free(a);
}

static void test_sniff(void **state)
{
	static const struct { const char *head; bool ours; } table[] = {
		{"<Event xmlns='x'>", true}, {"<Events><Event>", true}, {"\xef\xbb\xbf<?xml version='1.0'?>\r\n<Events>", true},
		{"<Event>", true}, {"<!-- x --><Event/>", true}, {"<!DOCTYPE x><Event>", true}, {"<!DOCTYPE html><html>", false},
		{"<EventLog>", false}, {"<13>Oct 1", false}, {"Event", false}, {"<", false}, {"  \n<Event a='1'>", true}, {"<rss><Event/>", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if ((winxml_format.sniff(str_c(table[i].head)) > 0) != table[i].ours)
			fail_msg("'%s'", table[i].head);
	assert_ptr_equal(decode_sniff(str_c("<Event><System/></Event>")), &winxml_format);
	assert_ptr_equal(decode_sniff(str_n("\xff\xfe<\0E\0v\0e\0n\0t\0>\0", 16)), &winxml_format);
}

/* What grows in the wrong way must be refused, not be slow or large. */
static void test_limits(void **state)
{
	static const struct { const char *name, *head, *middle, *tail; unsigned times; const char *skip; } table[] = {
		{"depth", "<Event>", "<a>", "", 100, "xml-syntax@0"},
		{"events within events", "", "<Event ", "", 20000, NULL},
		{"pieces of text", "<Event><EventData><Data>", "aaaaaaaa<!---->", "</Data></EventData></Event>", 100000, "xml-syntax@0"},
		{"fields", "<Event><EventData>", "<Data Name=\"a\"/>", "</EventData></Event>", 70000, "fields-limit@0"},
		{"a long name", "<Event><", "aaaaaaaa", " b='1' c='2'/></Event>", 10000, "xml-syntax@0"},
		{"attributes", "<Event><EventData><x", " a='1'", "/></EventData></Event>", 60000, ""},
		{"end tags", "", "</Event ", "", 50000, NULL},
		{"open comments", "<Event>", "<!-- ", "", 50000, "xml-syntax@0"},
	};
	struct heard h;
	(void)state;
	heard_open(&h);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct buf text = {0};
		buf_text(&text, table[i].head);
		for (unsigned k = 0; k < table[i].times; k++)
			buf_text(&text, table[i].middle);
		buf_text(&text, table[i].tail);
		winxml_format.cut(buf_get(&text));
		hear(&h, buf_get(&text), 0);
		if (table[i].skip && !str_eq(buf_get(&h.skips), str_c(table[i].skip)))
			fail_msg("%s: %.*s", table[i].name, STR_ARGS(buf_get(&h.skips)));
		if (arena_used(h.c.arena) > 40 * text.n + (8u << 20))
			fail_msg("%s: %zu bytes of memory", table[i].name, arena_used(h.c.arena));
		buf_clear(&h.events);
		buf_clear(&h.skips);
		buf_free(&text);
	}
	heard_close(&h);
}

static void test_text(void **state)
{
	static const struct { const char *raw, *text; } table[] = {
		{"", ""}, {"plain", "plain"}, {"&lt;&gt;&amp;&quot;&apos;", "<>&\"'"}, {"a&#10;b", "a\nb"}, {"&#x20AC;", "\xe2\x82\xac"},
		{"&nbsp;", NULL}, {"&", NULL}, {"&amp", NULL}, {"&#0;", NULL}, {"&#xD800;", NULL}, {"&#x110000;", NULL}, {"&#;", NULL},
		{"&#x;", NULL}, {"&;", NULL}, {"&#99999999999;", NULL}, {"&amp;lt;", "&lt;"},
	};
	struct arena *a = arena_new(0);
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct str out = STR_NONE;
		bool ok = xml_text(str_c(table[i].raw), a, &out);
		if (ok != (table[i].text != NULL) || (ok && !str_eq(out, str_c(table[i].text))))
			fail_msg("'%s': %d '%.*s'", table[i].raw, ok, STR_ARGS(out));
	}
	arena_free(a);
}

/* Behind a syslog header: the event's fields join the header's; a broken one is left alone. */
static void test_payload(void **state)
{
	static const struct { const char *message; enum decode_result result; uint32_t fields; } table[] = {
		{"<Event><System><Provider Name=\"Linux-Sysmon\"/><EventID>1</EventID></System></Event>", DECODE_MATCH, 3},
		{"<Event><System><EventID>1</EventID></System></Event>  ", DECODE_MATCH, 2},
		{"<Event><System><EventID>1</EventID></System></Event> x", DECODE_MISS, 1},
		{"<Event><System><EventID>1</EventID></System>", DECODE_MISS, 1},
	};
	struct heard h;
	(void)state;
	heard_open(&h);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct event e;
		struct payload_line line = {&h.c, STR("sysmon"), str_c(table[i].message)};
		event_init(&e, h.c.names, h.c.arena);
		e.record = 12;
		e.product = STR("linux");
		event_add_named(&e, FIELD_SYSTEM, STR("host"), VALUE_TEXT, STR("h"));
		enum decode_result got = winxml_payload.decode(&line, h.c.state, &e);
		if (got != table[i].result || e.field_count != table[i].fields || e.record != 12 ||
		    (got == DECODE_MISS && (e.event_id != EVENT_NO_ID || e.flags)))
			fail_msg("row %zu: %d, %u fields", i, got, e.field_count);
		assert_true(got == DECODE_MATCH ? e.event_id == 1 : str_eq(e.product, STR("linux")));
	}
	assert_true(winxml_payload.is(STR("<Event><x/>")) && !winxml_payload.is(STR("<Events>")) && !winxml_payload.is(STR("<13>x")));
	heard_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_sniff), cmocka_unit_test(test_limits), cmocka_unit_test(test_text),
		cmocka_unit_test(test_payload),
	};
	return cmocka_run_group_tests_name("winxml", tests, NULL, NULL);
}
