#include "decode/evtx.h"

#include "base/hash.h"
#include "decode/evtx_carve.h"
#include "decode/evtx_xml.h"

#define RECORD_HEAD 24u

static const char file_magic[8] = "ElfFile", chunk_magic[8] = "ElfChnk";

static int sniff(struct str head)
{
	if (str_starts(head, str_n(file_magic, 8)) || str_starts(head, str_n(chunk_magic, 8)))
		return 100;
	/* A file whose header was destroyed. */
	return str_starts(str_skip(head, EVTX_FILE_HEADER), str_n(chunk_magic, 8)) ? 95 : 0;
}

void evtx_check_header(struct decode_ctx *c, struct str header)
{
	const uint8_t *p = (const uint8_t *)header.p;
	const char *wrong = NULL;
	if (header.n < 128)
		wrong = "the file header is cut short";
	else if (memcmp(p, file_magic, 8) != 0)
		wrong = "the file header has no magic";
	else if (crc32_of(0, p, 120) != evtx_u32(p + 124))
		wrong = "wrong check sum of the file header";
	else if (evtx_u16(p + 40) != EVTX_FILE_HEADER)
		wrong = "the file header has another size than 4096";
	if (wrong)
		decode_skip(c, DECODE_EVTX_FILE_HEADER, 0, 0, wrong);
}

uint32_t evtx_header_chunks(struct str header)
{
	return header.n >= 128 && str_starts(header, str_n(file_magic, 8)) ? evtx_u16((const uint8_t *)header.p + 42) : 0;
}

static void *state_new(void)
{
	return mem_alloc(sizeof(struct evtx_state));
}

static void state_free(void *state)
{
	struct evtx_state *s = state;
	if (s)
		evtx_carve_free(s->carve);
	vec_release(s);
}

static bool all_zero(const uint8_t *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

__attribute__((always_inline)) static inline void begin_record(struct evtx_state *s, const uint8_t *record)
{
	struct event *e = &s->event;
	event_clear(e);
	e->product = STR("windows");
	e->record = evtx_u64(record + 8);
	uint64_t written = evtx_u64(record + 16);
	if (written <= INT64_MAX)
		e->time = (int64_t)written + TICKS_1601;
	s->damaged = s->limited = false;
	s->record_left = s->chunk_left < EVTX_RECORD_BYTES_LEAST ? EVTX_RECORD_BYTES_LEAST :
		s->chunk_left < EVTX_RECORD_BYTES ? s->chunk_left : EVTX_RECORD_BYTES;
}

void evtx_carve_body(struct evtx_state *s, const uint8_t *record, uint32_t size)
{
	begin_record(s, record);
	int64_t before = s->record_left;
	evtx_run_carved(s, record + RECORD_HEAD, record + size - 4, EVTX_AT_ROOT, 0);
	s->chunk_left -= before - s->record_left;
}

static void decode_record(struct evtx_state *s, const uint8_t *record, uint32_t size)
{
	begin_record(s, record);
	int64_t before = s->record_left;
	evtx_run(s, record + RECORD_HEAD, record + size - 4, EVTX_AT_ROOT, 0);
	s->chunk_left -= before - s->record_left;
	if (s->damaged)
		decode_skip(s->ctx, DECODE_EVTX_RECORD_BODY, 0, s->event.record, "binary XML that cannot be read");
	if (s->limited)
		decode_skip(s->ctx, DECODE_FIELDS_LIMIT, 0, s->event.record, "more fields or larger ones than a record may have");
	if (s->damaged || s->limited)
		s->event.flags |= EVENT_PARTIAL;
	s->ctx->stats->events++;
	s->ctx->emit(s->ctx->user, &s->event);
}

/* The first place from `at` on, in steps of eight bytes, where a record stands; `end` where none does. */
static uint32_t next_record(const uint8_t *p, uint32_t at, uint32_t end)
{
	for (; at < end; at = end - at < 8 ? end : at + 8)
		if (evtx_record_size(p, at, end))
			return at;
	return end;
}

static void decode_records(struct evtx_state *s, uint32_t end)
{
	const uint8_t *p = s->chunk;
	for (uint32_t at = EVTX_CHUNK_HEAD, size; at < end; at += size) {
		size = evtx_record_size(p, at, end);
		if (size) {
			decode_record(s, p + at, size);
			continue;
		}
		size = next_record(p, at, end) - at;
		if (at + size == end && all_zero(p + at, size))
			break;	/* archived logs: the free-space offset lies behind the last record */
		decode_skip(s->ctx, DECODE_EVTX_RECORD_FRAME, size, at, "no record where one should be");
	}
}

static void check_sums(struct evtx_state *s, uint32_t used)
{
	const uint8_t *p = s->chunk;
	uint32_t head = crc32_of(crc32_of(0, p, 120), p + 128, 384);
	if (head != evtx_u32(p + 124))
		decode_skip(s->ctx, DECODE_EVTX_CHUNK_HEADER_CRC, 0, 0, "wrong check sum of a chunk's header");
	if (used > s->size || crc32_of(0, p + EVTX_CHUNK_HEAD, used - EVTX_CHUNK_HEAD) != evtx_u32(p + 52))
		decode_skip(s->ctx, DECODE_EVTX_CHUNK_DATA_CRC, 0, 0, "wrong check sum of a chunk's records");
}

void evtx_begin_templates(struct evtx_state *s)
{
	if (++s->epoch == 0) {
		memset(s->templates, 0, sizeof s->templates);
		s->epoch = 1;
	}
	s->op_count = s->piece_count = s->value_count = s->template_count = 0;
	s->compile_left = EVTX_COMPILE_BYTES;
	s->chunk_left = EVTX_CHUNK_BYTES;
}

static void begin_chunk(struct evtx_state *s, struct decode_ctx *c, struct str block)
{
	s->ctx = c;
	s->chunk = (const uint8_t *)block.p;
	s->size = (uint32_t)block.n;
	evtx_begin_templates(s);
	memset(s->memo, 0, sizeof s->memo);
	event_init(&s->event, c->names, c->arena);
}

static bool holds_record(struct str block)
{
	for (uint32_t at = 0; at + EVTX_RECORD_LEAST <= block.n; at += 8)
		if (evtx_record_size((const uint8_t *)block.p, at, (uint32_t)block.n))
			return true;
	return false;
}

enum evtx_slot evtx_slot_kind(struct str slot)
{
	if (all_zero((const uint8_t *)slot.p, slot.n))
		return EVTX_SLOT_EMPTY;
	if (str_starts(slot, str_n(chunk_magic, 8)))
		return EVTX_SLOT_CHUNK;
	return holds_record(slot) ? EVTX_SLOT_RECORDS : EVTX_SLOT_STALE;
}

static bool is_carving(const struct decode_ctx *c)
{
	return c->options && c->options->carve;
}

/* The slot of a chunk whose header is gone, or of none. */
static void skip_slot(struct decode_ctx *c, struct str block)
{
	bool records = holds_record(block);
	if (records && is_carving(c)) {
		decode_skip(c, DECODE_EVTX_CHUNK_MAGIC, 0, 0, "a block with records that is no chunk: they are carved");
		begin_chunk(c->state, c, block);
		evtx_carve(c->state, 0);
	} else if (records)
		decode_skip(c, DECODE_EVTX_CHUNK_MAGIC, block.n, 0, "a block with records that is no chunk");
	else
		decode_skip(c, DECODE_EVTX_STALE, block.n, 0, "no chunk, and no records");
}

static void decode(struct decode_ctx *c, struct str block)
{
	struct evtx_state *s = c->state;
	if (block.n > EVTX_CHUNK)
		block.n = EVTX_CHUNK;
	if (all_zero((const uint8_t *)block.p, block.n))
		return;
	if (block.n < EVTX_CHUNK)
		decode_skip(c, DECODE_EVTX_CUT, block.n < EVTX_CHUNK_HEAD ? block.n : 0, block.n, "the file ends inside a chunk");
	if (block.n < EVTX_CHUNK_HEAD)
		return;
	if (memcmp(block.p, chunk_magic, 8) != 0) {
		skip_slot(c, block);
		return;
	}
	begin_chunk(s, c, block);
	uint32_t used = evtx_u32(s->chunk + 48);
	if (used < EVTX_CHUNK_HEAD || used > EVTX_CHUNK)
		used = EVTX_CHUNK;
	check_sums(s, used);
	if (used > s->size)
		used = s->size;
	c->stats->used_bytes += used;
	decode_records(s, used);
	if (is_carving(c))
		evtx_carve(s, used);
}

const struct decode_format evtx_format = {
	.name = "evtx",
	.summary = "Windows event logs: files, and bare chunks cut out of them",
	.unit = DECODE_UNIT_CHUNK,
	.sniff = sniff,
	.decode = decode,
	.state_new = state_new,
	.state_free = state_free,
	.carry = evtx_carry,
};
