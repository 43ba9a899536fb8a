#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "decode/evtx_xml.h"
#include "event/value.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/*
 * A maker of chunks. Binary XML is written from a short notation:
 *
 *	<Name attr="text" attr=%1>text %2 ?3 &lt; &#65;</>	%n a normal substitution, ?n an optional one; <Name/> is empty
 *
 * and an instance from "xml|value|value": s:text (UTF-16), n (null), XX:hex (type XX), A:one,two (array of texts),
 * e:xml (an element without a template), [xml|value] (an instance within). Names and definitions that the chunk has
 * already are referred to.
 */
#define KNOWN_MAX 256

struct maker {
	uint8_t b[EVTX_CHUNK];
	uint32_t at;
	struct { const char *text; size_t n; uint32_t offset; } names[KNOWN_MAX], definitions[KNOWN_MAX];
	size_t name_count, definition_count;
	bool dependency;
};

static void put(struct maker *m, const void *p, size_t n)
{
	assert_true(m->at + n <= sizeof m->b);
	memcpy(m->b + m->at, p, n);
	m->at += (uint32_t)n;
}

static void put_u8(struct maker *m, unsigned v)
{
	uint8_t b = (uint8_t)v;
	put(m, &b, 1);
}

static void put_u16(struct maker *m, unsigned v)
{
	uint16_t u = (uint16_t)v;
	put(m, &u, 2);
}

static void put_u32(struct maker *m, uint32_t v)
{
	put(m, &v, 4);
}

static void put_u64(struct maker *m, uint64_t v)
{
	put(m, &v, 8);
}

static void patch_u16(struct maker *m, uint32_t at, uint32_t v)
{
	uint16_t u = (uint16_t)v;
	assert_true(v <= UINT16_MAX);
	memcpy(m->b + at, &u, 2);
}

static void patch_u32(struct maker *m, uint32_t at, uint32_t v)
{
	memcpy(m->b + at, &v, 4);
}

static void put_units(struct maker *m, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_u16(m, (unsigned char)s[i]);
}

static void put_name(struct maker *m, const char *s, size_t n)
{
	for (size_t i = 0; i < m->name_count; i++)
		if (m->names[i].n == n && memcmp(m->names[i].text, s, n) == 0) {
			put_u32(m, m->names[i].offset);
			return;
		}
	assert_true(m->name_count < KNOWN_MAX);
	m->names[m->name_count].text = s;
	m->names[m->name_count].n = n;
	m->names[m->name_count++].offset = m->at + 4;
	put_u32(m, m->at + 4);
	put_u32(m, 0);
	uint32_t hash = 0;
	for (size_t i = 0; i < n; i++)
		hash = hash * 65599 + (unsigned char)s[i];
	put_u16(m, hash & 0xffff);
	put_u16(m, (unsigned)n);
	put_units(m, s, n);
	put_u16(m, 0);
}

static size_t span(const char *s, const char *stop)
{
	return strcspn(s, stop);
}

static void put_text(struct maker *m, const char *s, size_t n)
{
	put_u8(m, 0x05);
	put_u8(m, 1);
	put_u16(m, (unsigned)n);
	put_units(m, s, n);
}

/* One text, substitution or reference; returns behind it. */
static const char *put_piece(struct maker *m, const char *s, const char *stop)
{
	char *end;
	if ((*s == '%' || *s == '?') && s[1] >= '0' && s[1] <= '9') {
		put_u8(m, *s == '%' ? 0x0d : 0x0e);
		put_u16(m, (unsigned)strtoul(s + 1, &end, 10));
		put_u8(m, 1);
		return end;
	}
	if (s[0] == '&' && s[1] == '#') {
		put_u8(m, 0x08);
		put_u16(m, (unsigned)strtoul(s + 2, &end, 10));
		return end + 1;
	}
	if (s[0] == '&') {
		size_t n = span(s + 1, ";");
		put_u8(m, 0x09);
		put_name(m, s + 1, n);
		return s + n + 2;
	}
	size_t n = span(s + 1, stop) + 1;
	put_text(m, s, n);
	return s + n;
}

/* attributes, at `name=`; returns behind them */
static const char *put_attributes(struct maker *m, const char *s)
{
	uint32_t size_at = m->at;
	put_u32(m, 0);
	while (*s == ' ') {
		size_t n = span(++s, "=");
		put_u8(m, 0x06);
		put_name(m, s, n);
		s += n + 1;
		bool quoted = *s == '"';
		for (s += quoted; quoted ? *s != '"' : *s != ' ' && *s != '>' && *s != '/';)
			s = put_piece(m, s, quoted ? "\"%?&" : " >/");
		s += quoted;
	}
	patch_u32(m, size_at, m->at - size_at - 4);
	return s;
}

static const char *put_element(struct maker *m, const char *s)
{
	size_t n = span(++s, " />");
	put_u8(m, s[n] == ' ' ? 0x41 : 0x01);
	if (m->dependency)
		put_u16(m, 0xffff);
	uint32_t size_at = m->at;
	put_u32(m, 0);
	put_name(m, s, n);
	s += n;
	if (*s == ' ')
		s = put_attributes(m, s);
	if (*s == '/') {
		put_u8(m, 0x03);
		s += 2;
	} else {
		put_u8(m, 0x02);
		for (s++; s[0] != '<' || s[1] != '/';)
			s = *s == '<' ? put_element(m, s) : put_piece(m, s, "<%?&");
		put_u8(m, 0x04);
		s += span(s, ">") + 1;
	}
	patch_u32(m, size_at, m->at - size_at - 4);
	return s;
}

static void put_fragment(struct maker *m)
{
	put(m, "\x0f\x01\x01", 4);
}

static void put_definition(struct maker *m, const char *xml, size_t n)
{
	put_u32(m, 0);
	put_u32(m, crc32_of(0, xml, n));
	put(m, "456789abcdef", 12);
	uint32_t size_at = m->at;
	put_u32(m, 0);
	put_fragment(m);
	m->dependency = true;
	const char *end = put_element(m, xml);
	assert_true(end == xml + n);
	m->dependency = false;
	put_u8(m, 0);
	patch_u32(m, size_at, m->at - size_at - 4);
}

static size_t value_span(const char *s)
{
	size_t n = 0;
	for (int depth = 0; s[n] && (depth > 0 || (s[n] != '|' && s[n] != ']')); n++)
		depth += s[n] == '[' ? 1 : s[n] == ']' ? -1 : 0;
	return n;
}

static const char *put_instance(struct maker *m, const char *s);

static void put_hex(struct maker *m, const char *s, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		put_u8(m, (unsigned)strtoul((char[3]){s[i], s[i + 1], 0}, NULL, 16));
}

/* Writes one value and returns its type. */
static unsigned put_value(struct maker *m, const char *s, size_t n)
{
	if (*s == 'n')
		return 0x00;
	if (*s == '[') {
		put_instance(m, s + 1);
		return 0x21;
	}
	if (s[0] == 'e') {
		put_fragment(m);
		put_element(m, s + 2);
		put_u8(m, 0);
		return 0x21;
	}
	if (s[0] == 's') {
		put_units(m, s + 2, n - 2);
		return 0x01;
	}
	if (s[0] == 'A') {
		for (size_t i = 2; i < n; i++)
			put_u16(m, s[i] == ',' ? 0 : (unsigned char)s[i]);
		put_u16(m, 0);
		return 0x81;
	}
	put_hex(m, s + 3, n - 3);
	return (unsigned)strtoul(s, NULL, 16);
}

static void put_values(struct maker *m, const char *s, const char *end)
{
	uint32_t count = 0;
	for (const char *p = s; p < end; p += value_span(p + 1) + 1)
		count++;
	put_u32(m, count);
	uint32_t descriptor = m->at;
	for (uint32_t i = 0; i < count; i++)
		put_u32(m, 0);
	for (; s < end; descriptor += 4) {
		size_t n = value_span(++s);
		uint32_t from = m->at;
		patch_u16(m, descriptor + 2, put_value(m, s, n));
		patch_u16(m, descriptor, m->at - from);
		s += n;
	}
}

/* Up to the end of s or the ']' that closes it; returns there. */
static const char *put_instance(struct maker *m, const char *s)
{
	size_t n = span(s, "|]"), i = 0;
	const char *end = s;
	for (; *end && *end != ']'; end += *end == '|' ? 1 : 0)
		end += value_span(end);
	put_u8(m, 0x0c);
	put_u8(m, 1);
	put_u32(m, crc32_of(0, s, n));
	for (; i < m->definition_count; i++)
		if (m->definitions[i].n == n && memcmp(m->definitions[i].text, s, n) == 0)
			break;
	if (i < m->definition_count) {
		put_u32(m, m->definitions[i].offset);
	} else {
		assert_true(m->definition_count < KNOWN_MAX);
		m->definitions[m->definition_count].text = s;
		m->definitions[m->definition_count].n = n;
		m->definitions[m->definition_count++].offset = m->at + 4;
		put_u32(m, m->at + 4);
		put_definition(m, s, n);
	}
	put_values(m, s + n, end);
	return end;
}

static void begin(struct maker *m)
{
	memset(m, 0, sizeof *m);
	memcpy(m->b, "ElfChnk", 8);
	m->at = 512;
}

#define WRITTEN UINT64_C(116444736000000000)	/* 1970 */

/* Returns where the record stands. */
static uint32_t put_record(struct maker *m, uint64_t id, const char *spec)
{
	uint32_t from = m->at;
	put(m, "**\0\0\0\0\0", 8);
	put_u64(m, id);
	put_u64(m, WRITTEN);
	put_fragment(m);
	if (*spec == 'e')
		put_element(m, spec + 2);
	else
		put_instance(m, spec);
	put_u8(m, 0);
	while ((m->at + 4 - from) % 8)
		put_u8(m, 0);
	put_u32(m, m->at + 4 - from);
	patch_u32(m, from + 4, m->at - from);
	return from;
}

static void seal(struct maker *m)
{
	patch_u32(m, 40, 128);
	patch_u32(m, 48, m->at);
	patch_u32(m, 52, crc32_of(0, m->b + 512, m->at - 512));
	patch_u32(m, 124, crc32_of(crc32_of(0, m->b, 120), m->b + 128, 384));
}

/* What a decoder said: the events as JSON lines, the skips as "cause@place". */
struct heard {
	struct decode_ctx c;
	struct decode_stats stats;
	struct buf events, skips;
	struct event last;
	size_t fields;
};

static void hear_event(void *user, struct event *e)
{
	struct heard *h = user;
	event_json(e, &h->events);
	if (e->flags & EVENT_PARTIAL)
		buf_byte(&h->events, '!');
	if (e->flags & EVENT_CARVED)
		buf_byte(&h->events, '^');
	buf_byte(&h->events, '\n');
	h->last = *e;
	h->fields += e->field_count;
}

static void hear_skip(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	struct heard *h = user;
	(void)detail;
	buf_printf(&h->skips, "%s%s@%llu", h->skips.n ? " " : "", decode_cause_name(cause), (unsigned long long)place);
}

static void heard_open(struct heard *h)
{
	memset(h, 0, sizeof *h);
	h->c = (struct decode_ctx){.arena = arena_new(0), .names = names_new(NULL), .stats = &h->stats, .emit = hear_event,
				   .skip = hear_skip, .user = h, .state = evtx_format.state_new()};
}

static void heard_close(struct heard *h)
{
	evtx_format.state_free(h->c.state);
	names_free(h->c.names);
	arena_free(h->c.arena);
	buf_free(&h->events);
	buf_free(&h->skips);
}

static void hear(struct heard *h, const uint8_t *p, size_t n)
{
	buf_clear(&h->events);
	buf_clear(&h->skips);
	h->stats = (struct decode_stats){0};
	h->fields = 0;
	names_begin_batch(h->c.names);
	arena_reset(h->c.arena);
	evtx_format.decode(&h->c, str_n(p, n));
}

static void same(struct str got, const char *want, const char *row)
{
	if (!str_eq(got, str_c(want)))
		fail_msg("row \"%s\":\n got %.*s\nwant %s", row, STR_ARGS(got), want);
}

#define EVENT "<Event xmlns=\"http://x\"><System><Provider Name=?1/><EventID>%2</EventID><Channel>Security</Channel></System>%0</Event>"
#define SYSTEM "\"System\":{\"Provider_Name\":\"P\",\"EventID\":7,\"Channel\":\"Security\"}"
#define DATA(xml, values) EVENT "|[<EventData>" xml "</EventData>" values "]|s:P|06:0700"
#define USER(xml, values) EVENT "|[<UserData>" xml "</UserData>" values "]|s:P|06:0700"

static void test_records(void **state)
{
	(void)state;
	static const struct { const char *record, *json, *skips; } rows[] = {
		{DATA("<Data Name=\"a\">%0</Data><Data Name=\"b\">%1</Data>", "|s:x|08:ff000000"), SYSTEM ",\"a\":\"x\",\"b\":255", ""},
		{DATA("<Data Name=\"a\">literal</Data><Data Name=\"b\"/><Data>%0</Data><Data>%1</Data>", "|s:1|s:2"),
		 SYSTEM ",\"a\":\"literal\",\"b\":\"\",\"Data\":[\"1\",\"2\"]", ""},
		{DATA("<Data Name=\"n\">%0</Data><Data Name=\"o\">?0</Data><Data Name=\"far\">%9</Data>", "|n"),
		 SYSTEM ",\"n\":null,\"far\":null", ""},
		{DATA("<Data Name=\"a\">x%0y%1</Data><Data Name=\"b\">1 &lt;&#65;&amp; &odd;</Data>", "|s:_|05:ffff"),
		 SYSTEM ",\"a\":\"x_y-1\",\"b\":\"1 <A& &odd;\"", ""},
		{DATA("<Data Name=\"a\">x?0</Data><Data Name=\"b\">x%0</Data>", "|n"), SYSTEM ",\"b\":\"x\"", ""},
		{DATA("<Data Name=\"t\">%0</Data><Data Name=\"u\">%1</Data><Data Name=\"none\">%2</Data>", "|A:a,,b|86:01000200|81:"),
		 SYSTEM ",\"t\":[\"a\",\"\",\"b\"],\"u\":[1,2],\"none\":\"\"", ""},
		{DATA("<Data Name=\"s\">%0</Data><Data Name=\"ss\">%1</Data>",
		      "|13:010100000000000512000000|93:0101000000000005120000000100000000000005"),
		 SYSTEM ",\"s\":\"S-1-5-18\",\"ss\":[\"S-1-5-18\",\"S-1-5\"]", ""},
		{DATA("<Data Name=\"short\">%0</Data><Data Name=\"guid\">%1</Data><Data Name=\"odd\">%2</Data><Data Name=\"sid\">%3</Data>",
		      "|08:0102|0f:00|66:ab|13:0102000000000005"),
		 SYSTEM ",\"short\":\"0102\",\"guid\":\"00\",\"odd\":\"AB\",\"sid\":\"0102000000000005\"",
		 "evtx-value@1 evtx-value@1 evtx-value@1 evtx-value@1"},
		{DATA("<Data Name=\"nul\">%0</Data><Data Name=\"crlf\">%1</Data><Data Name=\"lone\">%2</Data>",
		      "|01:610000000000|01:61000d000a006200|01:00d8610000dc"),
		 SYSTEM ",\"nul\":\"a\",\"crlf\":\"a\\r\\nb\",\"lone\":\"\xef\xbf\xbd" "a\xef\xbf\xbd\"", ""},
		{DATA("<Data Name=%0>%1</Data><Data Name=%0>lit</Data><Data Name=%2>x</Data><Data Name=%0>x%1</Data>",
		      "|s:dynamic|s:v|n"),
		 SYSTEM ",\"dynamic\":[\"v\",\"lit\",\"xv\"],\"Data\":\"x\"", ""},
		{DATA("<Data Name=\"EventID\">%0</Data><Data Name=\"Channel\">%0</Data><Data Name=\"bool\">%1</Data>", "|s:9|0d:01000000"),
		 SYSTEM ",\"EventID\":\"9\",\"Channel\":\"9\",\"bool\":true", ""},
		{DATA("%0%1", "|[<Data Name=\"a\">%0</Data>|s:1]|[<Data Name=\"b\">%0</Data>|s:2]"), SYSTEM ",\"a\":\"1\",\"b\":\"2\"", ""},
		{DATA("<Data Name=\"a\">%0</Data>", "|e:<X k=\"v\"><Y>z</Y></X>"), SYSTEM ",\"X_k\":\"v\",\"Y\":\"z\"", ""},
		{DATA("<Data Name=\"a\">text</Data>text<Binary>%0</Binary>", "|0e:00ff"),
		 SYSTEM ",\"a\":\"text\",\"Binary\":\"00FF\",\"EventData\":\"text\"", ""},
		{USER("<W xmlns=\"u\" xmlns:a=\"u\"><One>%0</One><Two k=\"v\"/><Deep><Three>%1</Three><Three>3</Three></Deep></W>", "|s:1|s:2"),
		 SYSTEM ",\"One\":\"1\",\"Two_k\":\"v\",\"Three\":[\"2\",\"3\"]", ""},
		{EVENT "|e:<EventData><Data Name=\"a\">b</Data></EventData>|s:P|06:0700", SYSTEM ",\"a\":\"b\"", ""},
		{EVENT "|n|s:P|06:0700", SYSTEM, ""},
		{EVENT "|21:|n|06:0700", "\"System\":{\"EventID\":7,\"Channel\":\"Security\"}", ""},
		{"e:<Event><System><Provider Name=\"P\"/><EventID>7</EventID><Channel>Security</Channel></System><EventData>"
		 "<Data Name=\"a\">b</Data></EventData></Event>",
		 "\"System\":{\"Provider_Name\":\"P\",\"EventID\":\"7\",\"Channel\":\"Security\"},\"a\":\"b\"", ""},
		{"e:<Event><System><Channel>C</Channel></System><RenderingInfo Culture=\"en\"><Message>hi</Message><Level>Info</Level>"
		 "</RenderingInfo></Event>",
		 "\"System\":{\"Channel\":\"C\",\"RenderingInfo_Culture\":\"en\",\"Message\":\"hi\",\"RenderingInfo_Level\":\"Info\"}", ""},
		{"e:<Event><System><Channel>C</Channel></System><ProcessingErrorData><ErrorCode>15005</ErrorCode></ProcessingErrorData></Event>",
		 "\"System\":{\"Channel\":\"C\"},\"ErrorCode\":\"15005\"!", ""},
	};
	static struct maker m;
	struct heard h;
	heard_open(&h);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char want[1024];
		struct str row = str_c(rows[i].json);
		bool partial = str_ends(row, STR("!"));
		snprintf(want, sizeof want, "{%.*s}%s\n", (int)(row.n - partial), row.p, partial ? "!" : "");
		begin(&m);
		put_record(&m, 1, rows[i].record);
		seal(&m);
		hear(&h, m.b, sizeof m.b);
		same(buf_get(&h.events), want, rows[i].record);
		same(buf_get(&h.skips), rows[i].skips, rows[i].record);
		assert_int_equal(h.stats.events, 1);
		assert_int_equal(h.stats.used_bytes, m.at);
	}
	heard_close(&h);
}

static void test_known_fields(void **state)
{
	(void)state;
	static struct maker m;
	struct heard h;
	heard_open(&h);
	begin(&m);
	put_record(&m, 5, "<Event><System><Provider Name=%0/><EventID>%1</EventID><TimeCreated SystemTime=%2/><EventRecordID>%3</EventRecordID>"
		   "<Channel>%4</Channel></System></Event>|s:Prov|06:5012|11:078043d5deb19d01|0a:0900000000000000|s:Chan");
	seal(&m);
	hear(&h, m.b, sizeof m.b);
	assert_int_equal(h.last.event_id, 0x1250);
	assert_int_equal(h.last.record, 9);
	assert_int_equal(h.last.time, 7 + (0x43 - 0x3e) * 65536);
	same(h.last.channel, "Chan", "channel");
	same(h.last.provider, "Prov", "provider");
	same(h.last.product, "windows", "product");
	begin(&m);
	put_record(&m, 5, "e:<Event><System><TimeCreated SystemTime=\"2020-01-02T03:04:05.1234567Z\"/></System></Event>");
	put_record(&m, 6, "e:<Event><System/></Event>");
	seal(&m);
	hear(&h, m.b, m.at);
	same(buf_get(&h.skips), "evtx-cut@808", "cut");
	assert_int_equal(h.last.event_id, EVENT_NO_ID);
	assert_int_equal(h.last.record, 6);
	assert_int_equal(h.last.time, 0);
	assert_null(h.last.channel.p);
	heard_close(&h);
}

static void test_references(void **state)
{
	(void)state;
	static struct maker m;
	struct heard h;
	heard_open(&h);
	begin(&m);
	for (unsigned i = 1; i <= 3; i++)
		put_record(&m, i, DATA("<Data Name=\"a\">%0</Data>", "|s:x"));
	assert_int_equal(m.definition_count, 2);
	seal(&m);
	for (unsigned round = 0; round < 3; round++) {	/* what one chunk compiled is nothing to the next */
		hear(&h, m.b, sizeof m.b);
		same(buf_get(&h.events), "{" SYSTEM ",\"a\":\"x\"}\n{" SYSTEM ",\"a\":\"x\"}\n{" SYSTEM ",\"a\":\"x\"}\n", "thrice");
	}
	/* The same offset and GUID, another template. */
	begin(&m);
	put_record(&m, 1, EVENT "|[<EventData><Data Name=\"b\">%0</Data></EventData>|s:x]|s:P|06:0700");
	seal(&m);
	hear(&h, m.b, sizeof m.b);
	same(buf_get(&h.events), "{" SYSTEM ",\"b\":\"x\"}\n", "other");
	heard_close(&h);
}

static void test_damaged_chunks(void **state)
{
	(void)state;
	enum { NONE, MAGIC, HEAD_CRC, DATA_CRC, ZERO_SIZE, BIG_SIZE, COPY, FREE_SPACE, SLACK, TAIL, RUBBISH };
	static const struct { const char *name; int how; unsigned events; const char *skips; uint64_t frame_bytes; } rows[] = {
		{"healthy", NONE, 3, "", 0},
		{"magic", MAGIC, 0, "evtx-chunk-magic@0", 0},
		{"header sum", HEAD_CRC, 3, "evtx-chunk-header-crc@0", 0},
		{"data sum", DATA_CRC, 3, "evtx-chunk-data-crc@0", 0},
		{"size of zero", ZERO_SIZE, 2, "evtx-chunk-data-crc@0 evtx-record-frame@736", 56},
		{"size beyond the chunk", BIG_SIZE, 2, "evtx-chunk-data-crc@0 evtx-record-frame@736", 56},
		{"copy of the size", COPY, 2, "evtx-chunk-data-crc@0 evtx-record-frame@736", 56},
		{"free-space offset", FREE_SPACE, 3, "evtx-chunk-header-crc@0 evtx-chunk-data-crc@0", 0},
		{"slack", SLACK, 2, "evtx-chunk-header-crc@0 evtx-chunk-data-crc@0", 0},
		{"zeros behind the last", TAIL, 3, "", 0},
		{"rubbish behind the last", RUBBISH, 3, "evtx-record-frame@848", 168},
	};
	static struct maker m;
	struct heard h;
	heard_open(&h);
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(&m);
		put_record(&m, 1, "<Event><EventData><Data Name=\"a\">%0</Data></EventData></Event>|s:x");
		uint32_t second = put_record(&m, 2, "<Event><EventData><Data Name=\"a\">%0</Data></EventData></Event>|s:x");
		uint32_t third = put_record(&m, 3, "<Event><EventData><Data Name=\"a\">%0</Data></EventData></Event>|s:x"), end = m.at;
		if (rows[i].how == RUBBISH)
			m.b[m.at + 160] = 1;
		if (rows[i].how == TAIL || rows[i].how == RUBBISH)
			m.at += 168;
		seal(&m);
		if (rows[i].how == MAGIC || rows[i].how == HEAD_CRC)
			m.b[rows[i].how == MAGIC ? 0 : 130] ^= 1;
		if (rows[i].how == DATA_CRC)
			m.b[second + 8] ^= 0x40;
		if (rows[i].how == ZERO_SIZE || rows[i].how == BIG_SIZE)
			patch_u32(&m, second + 4, rows[i].how == ZERO_SIZE ? 0 : 0x20000);
		if (rows[i].how == COPY)
			patch_u32(&m, third - 4, 7);
		if (rows[i].how == FREE_SPACE || rows[i].how == SLACK)
			patch_u32(&m, 48, rows[i].how == SLACK ? third : 0x7fffffff);
		hear(&h, m.b, sizeof m.b);
		same(buf_get(&h.skips), rows[i].skips, rows[i].name);
		if (h.stats.events != rows[i].events || h.stats.bytes[DECODE_EVTX_RECORD_FRAME] != rows[i].frame_bytes)
			fail_msg("row \"%s\": %u events, %u bytes, records at 512 %u %u %u", rows[i].name, (unsigned)h.stats.events,
				 (unsigned)h.stats.bytes[DECODE_EVTX_RECORD_FRAME], second, third, end);
	}
	memset(m.b, 0, sizeof m.b);
	hear(&h, m.b, sizeof m.b);
	same(buf_get(&h.skips), "", "an empty slot");
	hear(&h, m.b, 100);
	same(buf_get(&h.skips), "", "a short empty slot");
	memcpy(m.b + 4096, "old bytes **\0\0", 14);
	hear(&h, m.b, sizeof m.b);
	same(buf_get(&h.skips), "evtx-stale@0", "a slot of old bytes");
	hear(&h, (const uint8_t *)"ElfChnk", 8);
	same(buf_get(&h.skips), "evtx-cut@8", "a cut header");
	heard_close(&h);
}

static void test_damaged_bodies(void **state)
{
	(void)state;
	static const char good[] = "<Event><EventData><Data Name=\"a\">%0</Data><Data Name=\"b\">%1</Data></EventData></Event>|s:xyz|s:q";
	enum { VALUE_SIZE, COUNT_HUGE, OFFSET, TOKEN, NAME_OFFSET, DEFINITION_SIZE, SELF };
	static const struct { const char *name; int how; const char *events; } rows[] = {
		{"a value beyond the record", VALUE_SIZE, "{\"a\":\"xyzq\",\"b\":\"\"}!\n"},
		{"more values than bytes", COUNT_HUGE, "{\"a\":null,\"b\":null}!\n"},
		{"a definition outside", OFFSET, "{}!\n"},
		{"an unknown token", TOKEN, "{\"a\":\"xyz\"}!\n"},
		{"a name outside", NAME_OFFSET, "{\"a\":\"xyz\"}!\n"},
		{"a definition that is cut", DEFINITION_SIZE, "{\"a\":\"xyz\"}!\n"},
		{"a definition within its values", SELF, "{}!\n"},
	};
	static struct maker m;
	struct heard h;
	heard_open(&h);
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(&m);
		put_record(&m, 1, good);
		/* 540 instance, 550 definition, 574 its data; the second Data opens at `second`. */
		uint32_t count = 574 + evtx_u32(m.b + 570), second = 574;
		for (uint32_t at = 575; at < count; at++)
			if (m.b[at] == 0x41 && evtx_u16(m.b + at + 1) == 0xffff)
				second = at;
		assert_true(second > 574);
		if (rows[i].how == VALUE_SIZE)
			patch_u16(&m, count + 4, 60);
		if (rows[i].how == COUNT_HUGE)
			patch_u32(&m, count, 0xffffffff);
		if (rows[i].how == OFFSET || rows[i].how == SELF)
			patch_u32(&m, 546, rows[i].how == SELF ? 540 : 0xfffffff0);
		if (rows[i].how == TOKEN)
			m.b[second] = 0x3f;
		if (rows[i].how == NAME_OFFSET)
			patch_u32(&m, second + 7, 0xffff);
		if (rows[i].how == DEFINITION_SIZE) {	/* the values follow where the definition ends now */
			patch_u32(&m, 570, second - 574);
			memmove(m.b + second, m.b + count, 32);
			count = second;
		}
		seal(&m);
		hear(&h, m.b, sizeof m.b);
		if (rows[i].how == VALUE_SIZE) {	/* the padding is part of what was taken */
			assert_true(h.stats.count[DECODE_EVTX_RECORD_BODY] == 1 && h.last.flags & EVENT_PARTIAL);
			continue;
		}
		same(buf_get(&h.events), rows[i].events, rows[i].name);
		same(buf_get(&h.skips), "evtx-record-body@1", rows[i].name);
	}
	heard_close(&h);
}

/* A value used again and again by templates within templates: the record ends at its budget, the next one is read. */
static void test_bombs(void **state)
{
	(void)state;
	static struct maker m;
	static char spec[60000];
	struct heard h;
	heard_open(&h);
	begin(&m);
	size_t n = 0;
	for (unsigned level = 0; level < 6; level++) {
		n += (size_t)snprintf(spec + n, sizeof spec - n, level ? "|[<X>" : "<Event>");
		for (unsigned i = 0; i < 60; i++)
			n += (size_t)snprintf(spec + n, sizeof spec - n, level == 5 ? "<Y>%%0</Y>" : "%%0");
		n += (size_t)snprintf(spec + n, sizeof spec - n, level ? "</X>" : "</Event>");
	}
	n += (size_t)snprintf(spec + n, sizeof spec - n, "|s:v]]]]]");
	put_record(&m, 1, spec);
	put_record(&m, 2, "<Event><EventData><Data Name=\"a\">%0</Data></EventData></Event>|s:x");
	seal(&m);
	hear(&h, m.b, sizeof m.b);
	assert_int_equal(h.stats.events, 2);
	same(buf_get(&h.skips), "fields-limit@1", "a bomb");
	assert_true(str_ends(buf_get(&h.events), STR("{\"a\":\"x\"}\n")));
	/* Deeper than may be. */
	begin(&m);
	n = (size_t)snprintf(spec, sizeof spec, "<Event>%%0</Event>");
	for (unsigned i = 0; i < 20; i++)
		n += (size_t)snprintf(spec + n, sizeof spec - n, "|[<X>%%0</X>");
	n += (size_t)snprintf(spec + n, sizeof spec - n, "|s:v%.*s", 20, "]]]]]]]]]]]]]]]]]]]]");
	put_record(&m, 1, spec);
	seal(&m);
	hear(&h, m.b, sizeof m.b);
	same(buf_get(&h.skips), "evtx-record-body@1", "nested too deep");
	heard_close(&h);
}

static void test_file_header(void **state)
{
	(void)state;
	static const struct { const char *name; size_t n; int at; const char *skips; } rows[] = {
		{"good", 4096, -1, ""}, {"short", 100, -1, "evtx-file-header@0"}, {"magic", 4096, 3, "evtx-file-header@0"},
		{"sum", 4096, 20, "evtx-file-header@0"}, {"none", 0, -1, "evtx-file-header@0"}, {"flags do not count", 4096, 120, ""},
	};
	struct heard h;
	heard_open(&h);
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t b[4096] = "ElfFile";
		b[41] = 0x10;
		uint32_t sum = crc32_of(0, b, 120);
		memcpy(b + 124, &sum, 4);
		if (rows[i].at >= 0)
			b[rows[i].at] ^= 1;
		buf_clear(&h.skips);
		evtx_check_header(&h.c, str_n(b, rows[i].n));
		same(buf_get(&h.skips), rows[i].skips, rows[i].name);
	}
	assert_int_equal(evtx_format.sniff(str_n("ElfFile\0", 8)), 100);
	assert_int_equal(evtx_format.sniff(str_n("ElfChnk\0xyz", 11)), 100);
	assert_int_equal(evtx_format.sniff(str_n("ElfChnk", 7)), 0);
	assert_int_equal(evtx_format.sniff(str_n("ElfFile ", 8)), 0);
	heard_close(&h);
}

/* Every byte of a small chunk replaced by a few others: no more events than there are records, and no assert fires. */
static void test_every_byte(void **state)
{
	(void)state;
	static const uint8_t values[] = {0x00, 0x01, 0x0c, 0x21, 0x81, 0xff};
	static struct maker m;
	struct heard h;
	heard_open(&h);
	begin(&m);
	put_record(&m, 1, DATA("<Data Name=\"a\">x%0</Data><Data Name=%0>%1</Data>", "|s:x|A:a,b"));
	put_record(&m, 2, USER("<W><One>%0</One></W>", "|13:010100000000000512000000"));
	seal(&m);
	for (uint32_t at = 512; at < m.at; at++) {
		uint8_t was = m.b[at];
		for (size_t i = 0; i < COUNT(values); i++) {
			m.b[at] = values[i];
			hear(&h, m.b, m.at);
			if (h.stats.events > 2 || (was == values[i] && h.stats.events != 2))
				fail_msg("byte %u as %u: %u events", at, values[i], (unsigned)h.stats.events);
			if (!utf8_is_valid(buf_get(&h.events)))
				fail_msg("byte %u as %u: not UTF-8", at, values[i]);
		}
		m.b[at] = was;
	}
	heard_close(&h);
}

/* A chunk whose live records end before what stands at `live_end`, as when it was begun anew. */
static void seal_at(struct maker *m, uint32_t live_end)
{
	uint32_t end = m->at;
	m->at = live_end;
	seal(m);
	m->at = end;
}

static void check_carved(struct heard *h, const struct maker *m, const char *row, const char *events, const char *skips)
{
	static const struct decode_options carve = {.carve = true};
	h->c.options = &carve;
	hear(h, m->b, sizeof m->b);
	h->c.options = NULL;
	same(buf_get(&h->events), events, row);
	same(buf_get(&h->skips), skips, row);
}

#define LIVE "{" SYSTEM "}\n"
#define CARVED(data) "{" SYSTEM data "}^\n"
#define CARVED_PART(data) "{" SYSTEM data "}!^\n"
#define BARE EVENT "|n|s:P|06:0700"
#define A_IS_X DATA("<Data Name=\"a\">%0</Data>", "|s:x")
#define A_IS_Y DATA("<Data Name=\"a\">%0</Data>", "|s:y")
#define B_IS_Z DATA("<Data Name=\"b\">%0</Data><Data>%1</Data>", "|s:z|s:w")

static void test_carve(void **state)
{
	static struct maker m;
	struct heard h;
	char skip[64];
	(void)state;
	heard_open(&h);

	begin(&m);
	put_record(&m, 1, BARE);
	uint32_t second = put_record(&m, 2, A_IS_X), third = put_record(&m, 3, A_IS_Y), fourth = put_record(&m, 4, B_IS_Z);
	seal_at(&m, second);
	hear(&h, m.b, sizeof m.b);
	same(buf_get(&h.events), LIVE, "without the option nothing is carved");
	check_carved(&h, &m, "all that they need is there", LIVE CARVED(",\"a\":\"x\"") CARVED(",\"a\":\"y\"")
		     CARVED(",\"b\":\"z\",\"Data\":\"w\""), "");
	put(&m, m.b + 512, second - 512);
	put(&m, m.b + third, fourth - third);
	check_carved(&h, &m, "copies are told once", LIVE CARVED(",\"a\":\"x\"") CARVED(",\"a\":\"y\"")
		     CARVED(",\"b\":\"z\",\"Data\":\"w\""), "");
	seal_at(&m, 512);
	check_carved(&h, &m, "nothing is live", CARVED("") CARVED(",\"a\":\"x\"") CARVED(",\"a\":\"y\"")
		     CARVED(",\"b\":\"z\",\"Data\":\"w\""), "");

	/* The second record, in which the definition of the third and the names stand, is overwritten. */
	memset(m.b + second, 'A', third - second);
	seal_at(&m, second);
	snprintf(skip, sizeof skip, "carved-record@%u", third);
	check_carved(&h, &m, "values without names, and names that are guessed", LIVE CARVED_PART(",\"Data\":\"y\"")
		     CARVED(",\"b\":\"z\",\"Data\":\"w\""), skip);
	m.name_count = m.definition_count = 0;
	put_record(&m, 5, DATA("<Data Name=\"a\">%0</Data>", "|s:v"));
	check_carved(&h, &m, "a definition that stands elsewhere", LIVE CARVED(",\"a\":\"y\"")
		     CARVED(",\"b\":\"z\",\"Data\":\"w\"") CARVED(",\"a\":\"v\""), "");

	/* The first one, which has the template of all, is gone too. */
	begin(&m);
	put_record(&m, 1, BARE);
	second = put_record(&m, 2, A_IS_X);
	memset(m.b + 512, 'A', second - 512);
	seal_at(&m, 512);
	snprintf(skip, sizeof skip, "carved-record@%u", second);
	check_carved(&h, &m, "nothing is known", "", skip);

	begin(&m);
	put_record(&m, 1, BARE);
	put_record(&m, 2, A_IS_X);
	seal(&m);
	memset(m.b, 0, 512);
	check_carved(&h, &m, "a chunk without a header", CARVED("") CARVED(",\"a\":\"x\""), "evtx-chunk-magic@0");
	heard_close(&h);
}

/* What the chunks before had is not told again; the context holds the newest records only. */
static void test_carve_context(void **state)
{
	static struct maker m;
	struct heard h;
	struct buf context = {0};
	(void)state;
	heard_open(&h);
	begin(&m);
	put_record(&m, 1, BARE);
	uint32_t second = put_record(&m, 2, A_IS_X);
	seal(&m);
	evtx_format.carry(str_n(m.b, sizeof m.b), &context);
	assert_int_equal(context.n, 16);
	seal_at(&m, second);
	h.c.context = buf_get(&context);
	check_carved(&h, &m, "told before", LIVE, "");
	h.c.context = str_head(buf_get(&context), 8);
	check_carved(&h, &m, "another was told", LIVE CARVED(",\"a\":\"x\""), "");
	for (int i = 0; i < 9000; i++)
		evtx_format.carry(str_n(m.b, sizeof m.b), &context);
	assert_int_equal(context.n, DECODE_CONTEXT_MAX);
	buf_free(&context);
	heard_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records), cmocka_unit_test(test_known_fields), cmocka_unit_test(test_references),
		cmocka_unit_test(test_damaged_chunks), cmocka_unit_test(test_damaged_bodies), cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_file_header), cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_carve), cmocka_unit_test(test_carve_context),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
