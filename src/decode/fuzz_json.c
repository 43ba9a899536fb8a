/*
 * The contract of the JSON decoder: it takes and refuses what the naive parser does and gives the same fields, whatever
 * it remembers of earlier objects and on whichever vectors; every line and value is either an event or counted; values lie
 * in readable memory; decoding twice, and in blocks cut anywhere, gives the same; the splitter loses no byte.
 *
 * The first byte of the input chooses read sizes, the rest is the text.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "decode/json_naive.h"
#include "event/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct arena *arena;
	struct names *names;
	struct decode_stats stats;
	struct decode_ctx ctx;
	struct buf log;			/* everything that came out */
	struct buf records;		/* an 'e' or 's' and the number, of each event and skip */
	uint64_t noted;			/* the last one with an event: an envelope gives several, and skips among them */
};

static void note(struct run *r, char what, uint64_t record)
{
	if (r->noted == record && record)
		return;
	r->noted = what == 'e' ? record : 0;
	buf_byte(&r->records, what);
	buf_put(&r->records, &record, sizeof record);
}

static void on_event(void *user, struct event *e)
{
	struct run *r = user;
	struct buf text = {0};

	assert(e->time == TICKS_NONE || (e->time >= TICKS_1601 && e->time < INT64_C(253402300800) * TICKS_PER_SECOND));
	assert(!e->channel.p || e->product.p);
	assert(!e->service.p || e->product.p || e->service.n);
	assert(e->event_id == EVENT_NO_ID || e->product.p);
	event_json(e, &text);
	buf_printf(&r->log, "%llu %lld %d %.*s %.*s %.*s %.*s %.*s ", (unsigned long long)e->record, (long long)e->time,
		   e->offset_min, STR_ARGS(e->channel), STR_ARGS(e->provider), STR_ARGS(e->product), STR_ARGS(e->service),
		   STR_ARGS(e->category));
	buf_str(&r->log, buf_get(&text));
	buf_byte(&r->log, '\n');
	note(r, 'e', e->record);
	buf_free(&text);
}

static void on_skip(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	struct run *r = user;

	buf_printf(&r->log, "%llu skip %s %s\n", (unsigned long long)place, decode_cause_name(cause), detail ? detail : "");
	if (cause == DECODE_JSON_SYNTAX || cause == DECODE_JSON_LIMIT || cause == DECODE_JSON_NOT_OBJECT)
		note(r, 's', place);
}

static void run_init(struct run *r, const struct decode_format *f)
{
	static const struct decode_options options;

	memset(r, 0, sizeof *r);
	r->arena = arena_new(0);
	r->names = names_new(NULL);
	r->ctx = (struct decode_ctx){.arena = r->arena, .names = r->names, .options = &options, .stats = &r->stats,
		.emit = on_event, .skip = on_skip, .user = r, .first_record = 1, .state = f->state_new()};
}

static void run_free(struct run *r)
{
	json_state_free(r->ctx.state);
	names_free(r->names);
	arena_free(r->arena);
	buf_free(&r->log);
	buf_free(&r->records);
}

/* Decodes a block that is exactly as long as it is, so that a read past its end is seen. */
static void run_block(struct run *r, const struct decode_format *f, struct str block)
{
	char *copy = malloc(block.n ? block.n : 1);

	assert(copy);
	if (block.n)
		memcpy(copy, block.p, block.n);
	f->decode(&r->ctx, (struct str){copy, block.n});
	r->ctx.offset += block.n;
	arena_reset(r->arena);
	free(copy);
}

static struct str without_blanks(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r' || !s.p[0]))
		s = str_skip(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r' || !s.p[s.n - 1]))
		s.n--;
	return s;
}

/* What each line must give, by the naive parser. */
static void expect_lines(struct run *want, struct str text)
{
	struct naive_bench b;
	uint64_t record = 0;

	naive_bench_init(&b);
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_skip(text, 3);
	while (text.n) {
		struct str line = without_blanks(str_cut(&text, '\n'));
		enum naive_result result = NAIVE_SYNTAX;
		size_t size;

		record++;
		if (!line.n)
			continue;
		if (line.p[0] == '{') {
			const char *differs = naive_compare(&b, line, true, &result);

			assert(!differs);
			buf_clear(&b.want);
			if (result == NAIVE_OK && (naive_object(line, true, &b.want, &size), size) != line.n)
				result = NAIVE_SYNTAX;
		}
		if (result != NAIVE_OK)
			note(want, 's', record);
		if (result != NAIVE_SYNTAX)
			note(want, 'e', record);
	}
	naive_bench_free(&b);
}

static void check_same(const struct buf *a, const struct buf *b)
{
	assert(a->n == b->n && (!a->n || !memcmp(a->p, b->p, a->n)));
}

/* Whole, twice; then in blocks of one line each. */
static void check_lines(struct str text)
{
	struct run want, once, again;

	run_init(&want, &json_format);
	run_init(&once, &json_format);
	run_init(&again, &json_format);
	expect_lines(&want, text);
	run_block(&once, &json_format, text);
	check_same(&want.records, &once.records);
	assert(once.stats.used_bytes == text.n);
	for (int round = 0; round < 2; round++) {
		struct str rest = text;

		buf_clear(&again.log);
		again.noted = 0;
		again.ctx.first_record = 1;
		again.ctx.offset = 0;
		while (rest.n) {
			ptrdiff_t lf = str_find_byte(rest, '\n');
			size_t n = lf < 0 ? rest.n : (size_t)lf + 1;

			run_block(&again, &json_format, str_head(rest, n));
			again.ctx.first_record++;
			rest = str_skip(rest, n);
		}
		if (!round)
			continue;
		check_same(&once.log, &again.log);
	}
	run_free(&want);
	run_free(&once);
	run_free(&again);
}

/* Feeds the splitter by reads of changing sizes, decodes what it cuts, and sees that the blocks are the stream. */
static void run_split(struct run *r, struct str text, unsigned sizes, size_t max)
{
	struct json_splitter s = {.max = max};
	size_t held = 0, taken = 0, n;
	uint64_t values = 0;

	for (unsigned step = sizes; held < text.n || taken < text.n; step = step * 5 + 1) {
		bool end;

		held += 1 + step % (1 + sizes % 61);
		held = held > text.n ? text.n : held;
		end = held == text.n;
		while ((n = json_split(&s, (struct str){text.p + taken, held - taken}, end))) {
			assert(n <= held - taken);
			assert(s.first_record > values || s.too_long);
			r->ctx.first_record = s.first_record;
			values = s.first_record - 1;
			if (s.too_long)
				buf_printf(&r->log, "long %llu\n", (unsigned long long)s.first_record);
			else
				run_block(r, &json_objects_format, (struct str){text.p + taken, n});
			taken += n;
		}
		assert(!end || taken == text.n);
		assert(!max || held - taken <= 2 * max + 64);
	}
}

static void check_objects(struct str text, unsigned sizes)
{
	struct run once, split, cut[2];
	struct naive_bench b;

	run_init(&once, &json_objects_format);
	run_init(&split, &json_objects_format);
	run_block(&once, &json_objects_format, text);
	run_split(&split, text, sizes, 0);
	check_same(&once.log, &split.log);
	for (int i = 0; i < 2; i++) {
		run_init(&cut[i], &json_objects_format);
		run_split(&cut[i], text, i ? 1 : sizes, 48);
	}
	check_same(&cut[0].records, &cut[1].records);
	naive_bench_init(&b);
	for (size_t i = 0; i < text.n && i < 4096; i++) {
		enum naive_result result;
		const char *differs = text.p[i] == '{' && (i == 0 || text.p[i - 1] == '\n') ?
			naive_compare(&b, str_skip(text, i), false, &result) : NULL;
		bool whole;
		size_t size;

		assert(!differs);
		if (text.p[i] != '{')
			continue;
		/* The splitter never cuts a value that is JSON. */
		buf_clear(&b.want);
		if (naive_object(str_skip(text, i), false, &b.want, &size) == NAIVE_OK)
			assert(json_value_size(str_skip(text, i), &whole) == size && whole);
	}
	naive_bench_free(&b);
	run_free(&once);
	run_free(&split);
	run_free(&cut[0]);
	run_free(&cut[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text;

	if (size < 1)
		return 0;
	text = str_n(data + 1, size - 1);
	check_lines(text);
	check_objects(text, data[0]);
	(void)decode_sniff(text);
	return 0;
}
