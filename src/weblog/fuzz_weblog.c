/*
 * Lines of web servers. The first byte chooses the zone, the rest are lines. Held: MISS leaves the event untouched; values
 * lie in the line, or are no longer than it; the time is in bounds; the same line gives the same whatever came before it; an
 * access line's parts are those that the naive reading finds; and no forging: the text put where clients put theirs, with
 * quotes and backslashes escaped as servers do, comes out as it is and changes nothing else.
 */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "weblog/weblog_naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX 16384u

struct run {
	struct arena *arena;
	struct names *names;
	struct weblog warm;
	int zone_min;
};

typedef enum decode_result (*line_fn)(struct weblog *w, struct str line, struct event *e);

static bool inside(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void write_event(const struct event *e, struct buf *out)
{
	buf_printf(out, "%lld %d\n", (long long)e->time, e->offset_min);
	for (uint32_t i = 0; i < e->field_count; i++) {
		buf_str(out, names_text(e->names, e->fields[i].name));
		buf_byte(out, e->fields[i].kind == VALUE_NUMBER ? '#' : '=');
		buf_put(out, e->fields[i].data, e->fields[i].size);
		buf_byte(out, '\n');
	}
}

static void check_fields(const struct event *e, struct str line)
{
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		struct str value = {f->data, f->size};
		assert(value.p && f->space == FIELD_DATA);
		assert(inside(value, line) || value.n < line.n);
		assert(f->kind == VALUE_TEXT || (f->kind == VALUE_NUMBER && weblog_is_digits(value)));
		if (str_eq(names_text(e->names, f->name), STR("c-ip")))
			assert(weblog_is_ip(value));
	}
	if (e->time != TICKS_NONE) {
		struct civil c;
		clock_to_civil(e->time, &c);
		assert(c.year >= 0 && c.year <= 10000);
	}
}

static void check_line(struct run *r, struct str line, line_fn decode, bool (*is)(struct str line))
{
	struct weblog cold = {0};
	struct buf a = {0}, b = {0};
	struct event e, f;
	event_init(&e, r->names, r->arena);
	event_init(&f, r->names, r->arena);
	e.product = f.product = STR("p");
	weblog_begin(&cold, r->names, r->zone_min);
	enum decode_result result = decode(&r->warm, line, &e);
	assert(decode(&cold, line, &f) == result);
	write_event(&e, &a);
	write_event(&f, &b);
	assert(str_eq(buf_get(&a), buf_get(&b)));
	assert(!is(line) || result != DECODE_MISS);
	if (result == DECODE_MISS)
		assert(e.field_count == 0 && e.time == TICKS_NONE && !e.category.p && str_eq(e.product, STR("p")));
	else
		check_fields(&e, line);
	buf_free(&a);
	buf_free(&b);
}

static bool same(struct str a, struct str b)
{
	return (a.p == NULL) == (b.p == NULL) && str_eq(a, b);
}

static void check_split(struct str line)
{
	struct weblog_parts a, b;
	bool ours = weblog_split(line, &a);
	assert(ours == naive_split(line, &b));
	if (!ours)
		return;
	assert(same(a.host, b.host) && same(a.port, b.port) && same(a.client, b.client) && same(a.ident, b.ident));
	assert(same(a.client_port, b.client_port));
	assert(same(a.user, b.user) && same(a.forwarded, b.forwarded) && same(a.time, b.time) && same(a.request, b.request));
	assert(same(a.status, b.status) && same(a.bytes, b.bytes) && str_eq(a.rest, b.rest) && a.cut == b.cut);
}

/* As Apache escapes what a client sent. */
static void put_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c < ' ' || c > 126)
			buf_printf(out, "\\x%02x", c);
		else
			buf_byte(out, (char)c);
	}
}

static void expect(const struct event *e, const char *name, struct str want)
{
	unsigned found = 0;
	for (uint32_t i = 0; i < e->field_count; i++) {
		if (!str_eq(names_text(e->names, e->fields[i].name), str_c(name)))
			continue;
		found++;
		assert(str_eq((struct str){e->fields[i].data, e->fields[i].size}, want));
	}
	assert(found == (want.p != NULL));
}

static void forge(struct run *r, struct str text)
{
	struct buf line = {0};
	struct event e;
	event_init(&e, r->names, r->arena);
	if (text.n == 0 || str_eq(text, STR("-")))
		return;
	buf_text(&line, "192.0.2.7 - eve [10/Oct/2000:13:55:36 -0700] \"GET /");
	put_escaped(&line, text);
	buf_text(&line, " HTTP/1.1\" 404 7 \"");
	put_escaped(&line, text);
	buf_text(&line, "\" \"");
	put_escaped(&line, text);
	buf_text(&line, "\"");
	assert(weblog_access(&r->warm, buf_get(&line), &e) == DECODE_MATCH);
	expect(&e, "c-ip", STR("192.0.2.7"));
	expect(&e, "cs-username", STR("eve"));
	expect(&e, "cs-method", STR("GET"));
	expect(&e, "sc-status", STR("404"));
	expect(&e, "sc-bytes", STR("7"));
	expect(&e, "cs-referer", text);
	expect(&e, "cs-user-agent", text);
	expect(&e, "extra", STR_NONE);
	assert(e.time == INT64_C(9712113360000000));
	buf_free(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > TEXT_MAX)
		return 0;
	struct run r = {.arena = arena_new(0), .names = names_new(NULL), .zone_min = data[0] & 1 ? 420 : 0};
	struct str rest = str_n(data + 1, size - 1);
	weblog_begin(&r.warm, r.names, r.zone_min);
	while (rest.n) {
		struct str line = str_cut(&rest, '\n');
		if (!line.n)
			continue;
		check_line(&r, line, weblog_access, weblog_is_access);
		check_line(&r, line, weblog_error, weblog_is_error);
		check_split(line);
		forge(&r, line);
	}
	names_free(r.names);
	arena_free(r.arena);
	return 0;
}
