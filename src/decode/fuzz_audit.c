/*
 * The contract of auditd's decoder: the parts of a record are slices of its line; the joiner gives every record that it got
 * once, under its own stamp and node, whatever stands between them, and keeps no more than it may; decoding is the same in
 * one block, line by line and twice; an event has the source, time and fields of its records.
 *
 * The first byte says how the text is cut, the rest is the text.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_join.h"
#include "base/hash.h"
#include "decode/auditd.h"
#include "event/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX (1u << 16)

/* ---- lines and the joiner ---- */

struct sums { uint64_t records, bytes, hash, events, last_line; };

static void sum_record(struct sums *s, const struct audit_record *r)
{
	s->records++;
	s->bytes += r->type.n + r->body.n + r->node.n;
	s->hash += hash64(r->body.p, r->body.n, hash_str(r->type.p ? r->type : STR("")) + r->serial * 3 + (uint64_t)r->time +
			  hash_str(r->node.p ? r->node : STR("")));
}

static void on_given(void *user, const struct audit_given *g)
{
	struct sums *s = user;

	assert(g->count > 0 && g->line > 0);
	for (size_t i = 0; i < g->count; i++) {
		const struct audit_record *r = &g->records[i], *first = &g->records[0];

		assert(r->time == first->time && r->serial == first->serial && r->node.n == first->node.n);
		assert(!str_eq(r->type, STR("EOE")));
		sum_record(s, r);
	}
	s->events++;
}

static void check_slice(struct str line, struct str part)
{
	assert(!part.p || (part.p >= line.p && part.p + part.n <= line.p + line.n));
}

static void check_join(struct str text)
{
	struct audit_join *j = audit_join_new();
	struct sums put = {0}, got = {0};
	uint64_t number = 0;

	while (text.n) {
		struct str line = str_cut(&text, '\n');
		struct audit_record r;
		bool stamped = audit_split(line, &r);

		number++;
		check_slice(line, r.node);
		check_slice(line, r.body);
		assert(!r.type.p || r.type.n);
		assert((r.time != TICKS_NONE) == stamped);
		if (!stamped) {
			audit_join_other(j, on_given, &got);
			continue;
		}
		if (!str_eq(r.type, STR("EOE")))
			sum_record(&put, &r);
		audit_join_add(j, &r, number, false, on_given, &got);
		assert(audit_join_open(j) <= AUDIT_OPEN_MAX);
	}
	audit_join_end(j, on_given, &got);
	assert(audit_join_open(j) == 0);
	assert(put.records == got.records && put.bytes == got.bytes && put.hash == got.hash);
	audit_join_free(j);
}

/* ---- the decoder ---- */

struct run {
	struct decode_ctx ctx;
	struct decode_stats stats;
	struct buf log;
};

static void on_event(void *user, struct event *e)
{
	struct run *r = user;

	assert(str_eq(e->product, STR("linux")) && str_eq(e->service, STR("auditd")) && !e->raw.p && e->record);
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		assert(f->data && (f->kind == VALUE_TEXT || f->kind == VALUE_NUMBER));
		assert(names_text(e->names, f->name).n || f->size == 0 || f->data);
	}
	buf_printf(&r->log, "%llu %lld %u %.*s ", (unsigned long long)e->record, (long long)e->time, e->flags,
		   STR_ARGS(e->category));
	event_json(e, &r->log);
	buf_byte(&r->log, '\n');
}

static void on_skip(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	struct run *r = user;

	buf_printf(&r->log, "%llu %s %s\n", (unsigned long long)place, decode_cause_name(cause), detail ? detail : "");
}

static void run_block(struct run *r, struct str block)
{
	char *copy = malloc(block.n + 1);

	assert(copy);
	memcpy(copy, block.p, block.n);
	arena_reset(r->ctx.arena);
	names_begin_batch(r->ctx.names);
	auditd_format.decode(&r->ctx, str_n(copy, block.n));
	for (size_t i = 0; i < block.n; i++)
		r->ctx.first_record += block.p[i] == '\n';
	r->ctx.offset += block.n;
	memset(copy, 'Z', block.n);
	free(copy);
}

/* `step` bytes and more, to the end of a line, are a block; 0: all is one. */
static void run_all(struct str text, size_t step, struct buf *out)
{
	static const struct decode_options options;
	struct run r = {.stats = {0}};

	r.ctx = (struct decode_ctx){.arena = arena_new(0), .names = names_new(NULL), .options = &options, .stats = &r.stats,
		.emit = on_event, .skip = on_skip, .user = &r, .first_record = 1, .state = auditd_format.state_new()};
	while (text.n) {
		ptrdiff_t lf = step && step < text.n ? str_find_byte(str_skip(text, step - 1), '\n') : -1;
		size_t n = lf < 0 ? text.n : step + (size_t)lf;

		run_block(&r, str_head(text, n));
		text = str_skip(text, n);
	}
	arena_reset(r.ctx.arena);
	names_begin_batch(r.ctx.names);
	auditd_format.finish(&r.ctx);
	*out = r.log;
	auditd_format.state_free(r.ctx.state);
	names_free(r.ctx.names);
	arena_free(r.ctx.arena);
}

static void check_decoding(struct str text, size_t step)
{
	struct buf whole, lines, blocks;

	run_all(text, 0, &whole);
	run_all(text, 1, &lines);
	run_all(text, step, &blocks);
	assert(str_eq(buf_get(&whole), buf_get(&lines)));
	assert(str_eq(buf_get(&whole), buf_get(&blocks)));
	buf_free(&whole);
	buf_free(&lines);
	buf_free(&blocks);
}

static void check_address(struct str hex)
{
	struct arena *a = arena_new(0);
	struct audit_address address;

	if (audit_read_address(hex, a, &address))
		assert(address.family.n && strlen(address.address) < sizeof address.address);
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text;
	int sure;

	if (size < 1 || size > TEXT_MAX)
		return 0;
	text = str_n(data + 1, size - 1);
	sure = auditd_format.sniff(text);
	assert(sure >= 0 && sure <= 100);
	check_join(text);
	check_decoding(text, 1 + data[0] * 3u);
	check_address(str_head(text, 64));
	return 0;
}
