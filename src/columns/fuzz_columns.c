/*
 * Logs in columns. The first byte chooses the kind and the zone, the rest is the text. Held: what columns_decode makes of
 * each line is what the naive reading makes of it; MISS leaves no field; begun anew before any line from the saved
 * directives it gives the same; directives of many lines are taken as one by one; what is saved fits and is read back.
 */
#include <assert.h>
#include <string.h>

#include "columns/columns_naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX 32768u

struct run {
	struct arena *arena;
	struct names *names;
	struct columns whole, again;
	struct buf context;
	int zone_min;
};

static bool same_head(const struct columns_head *a, const struct columns_head *b)
{
	for (unsigned i = 0; i < COLUMNS_DIRECTIVES; i++)
		if ((a->value[i].p == NULL) != (b->value[i].p == NULL) || !str_eq(a->value[i], b->value[i]))
			return false;
	return a->kind == b->kind;
}

static void check_source(const struct event *e)
{
	assert(e->product.n && e->service.p && e->category.n);
	assert(!e->raw.p && e->event_id == EVENT_NO_ID);
}

static void check_line(struct run *r, struct str line)
{
	struct buf fast = {0}, plain = {0}, anew = {0};
	struct event e, f;
	event_init(&e, r->names, r->arena);
	event_init(&f, r->names, r->arena);
	enum decode_result result = columns_decode(&r->whole, line, &e);
	columns_begin(&r->again, r->whole.head.kind, r->zone_min);
	columns_take_all(&r->again.head, buf_get(&r->context));
	assert(same_head(&r->whole.head, &r->again.head));
	assert(columns_decode(&r->again, line, &f) == result);
	bool match = naive_columns(&r->whole.head, line, r->zone_min, r->arena, &plain);
	assert(match == (result == DECODE_MATCH));
	check_source(&e);
	naive_write(&e, &fast);
	naive_write(&f, &anew);
	assert(str_eq(buf_get(&fast), buf_get(&anew)));
	if (match)
		assert(str_eq(buf_get(&fast), buf_get(&plain)));
	else
		assert(e.field_count == 0 && e.time == TICKS_NONE);
	buf_free(&fast);
	buf_free(&plain);
	buf_free(&anew);
}

static void take(struct run *r, struct str line)
{
	if (!columns_is_directive(line)) {
		check_line(r, line);
		return;
	}
	if (!columns_take(&r->whole.head, line))
		return;
	columns_changed(&r->whole);
	buf_clear(&r->context);
	columns_save(&r->whole.head, &r->context);
	assert(r->context.n <= COLUMNS_SAVED_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > TEXT_MAX)
		return 0;
	enum columns_kind kind = data[0] & 1 ? COLUMNS_ZEEK : COLUMNS_W3C;
	struct run r = {.arena = arena_new(0), .names = names_new(NULL), .zone_min = data[0] & 2 ? 420 : 0};
	struct str text = str_n(data + 1, size - 1), rest = text;
	int sure = columns_sniff(kind, text);
	assert(sure >= 0 && sure <= 100);
	columns_begin(&r.whole, kind, r.zone_min);
	while (rest.n) {
		struct str line = str_cut(&rest, '\n');
		while (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n)
			take(&r, line);
	}
	struct columns_head head = {.kind = kind};
	columns_take_all(&head, text);
	assert(same_head(&head, &r.whole.head));
	buf_free(&r.context);
	names_free(r.names);
	arena_free(r.arena);
	return 0;
}
