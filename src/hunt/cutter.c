#include "hunt/cutter.h"

#include "base/vec.h"
#include "decode/evtx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void block_free(struct block *b)
{
	free(b->p);
	buf_free(&b->context);
	*b = (struct block){0};
}

void cutter_begin(struct cutter *cut, const struct decode_format *format, struct stream *in)
{
	size_t block_bytes = cut->block_bytes ? cut->block_bytes : CUTTER_BLOCK_BYTES;
	size_t line_max = cut->line_max ? cut->line_max : DECODE_LINE_MAX;

	cutter_free(cut);
	*cut = (struct cutter){
		.format = format, .in = in, .block_bytes = block_bytes, .line_max = line_max, .carve = cut->carve, .record = 1, .status = 1,
	};
}

void cutter_free(struct cutter *cut)
{
	buf_free(&cut->kept);
	buf_free(&cut->context);
}

static void block_reserve(struct block *b, size_t cap)
{
	if (b->cap >= cap)
		return;
	b->p = mem_resize(b->p, cap);
	b->cap = cap;
}

/* Memory that one long line needed is not kept for ever. */
static void block_begin(struct cutter *cut, struct block *b)
{
	size_t want = cut->block_bytes;

	if (b->cap > want * 4) {
		free(b->p);
		b->p = NULL;
		b->n = b->cap = 0;
	}
	block_reserve(b, cut->kept.n > want ? cut->kept.n : want);
	memcpy(b->p, buf_get(&cut->kept).p, cut->kept.n);
	b->n = cut->kept.n;
	buf_clear(&cut->kept);
	if (cut->kept.cap > want * 4)
		buf_free(&cut->kept);
}

static uint64_t count_line_ends(const char *p, size_t n)
{
	const char *end = p + n;
	uint64_t lines = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		lines++;
		p++;
	}
	return lines;
}

/* --- where a block ends: each returns the bytes of the block, 0 where more must be read --- */

static size_t cut_slots(size_t n, bool end)
{
	return end ? n : n - n % CUTTER_SLOT_BYTES;
}

static size_t cut_lines(const struct block *b, bool end)
{
	const char *last;

	if (end)
		return b->n;
	last = memrchr(b->p, '\n', b->n);
	return last ? (size_t)(last - b->p) + 1 : 0;
}

static size_t cut_elements(const struct cutter *cut, const struct block *b, bool end)
{
	size_t n = end ? b->n : cut->format->cut(str_n(b->p, b->n));

	/* One that is too long goes as it stands: the decoder finds it broken. */
	return n == 0 && b->n > cut->line_max ? b->n : n;
}

static size_t cut_block(struct cutter *cut, const struct block *b, bool end)
{
	switch (cut->format->unit) {
	case DECODE_UNIT_CHUNK:
		return cut_slots(b->n, end);
	case DECODE_UNIT_OBJECT:
		return json_split(&cut->json, str_n(b->p, b->n), end);
	case DECODE_UNIT_ELEMENT:
		return cut_elements(cut, b, end);
	case DECODE_UNIT_LINE:
	case DECODE_UNIT_JOURNAL:
		break;
	}
	return cut_lines(b, end);
}

/* What is in force before the block goes with it, and what it changes is for the next one. */
static void carry(struct cutter *cut, struct block *b)
{
	if (!cut->format->carry || (cut->format->unit == DECODE_UNIT_CHUNK && !cut->carve))
		return;
	buf_clear(&b->context);
	buf_str(&b->context, buf_get(&cut->context));
	cut->format->carry(str_n(b->p, b->n), &cut->context);
}

/* The block is b's first `n` bytes; the rest is kept for the next one. */
static void take(struct cutter *cut, struct block *b, size_t n)
{
	buf_put(&cut->kept, b->p + n, b->n - n);
	b->n = n;
	b->offset = cut->offset;
	cut->offset += n;
	b->first_record = cut->record;
	if (cut->format->unit == DECODE_UNIT_OBJECT)
		b->first_record = cut->json.first_record;
	else if (cut->format->unit == DECODE_UNIT_LINE)
		cut->record += count_line_ends(b->p, n);
	carry(cut, b);
}

/* --- lines and values that are too long --- */

/* Passes over the rest of a line up to its LF, which is kept out too. */
static void drop_line(struct cutter *cut, struct decode_ctx *c, struct block *b)
{
	uint64_t dropped = 0;

	for (;;) {
		const char *lf = memchr(b->p, '\n', b->n);
		size_t n = lf ? (size_t)(lf - b->p) + 1 : b->n;

		dropped += n;
		if (lf || cut->status <= 0) {
			buf_put(&cut->kept, b->p + n, b->n - n);
			break;
		}
		b->n = stream_fill(cut->in, b->p, b->cap, &cut->status);
	}
	cut->offset += dropped;
	decode_skip(c, DECODE_TEXT_LONG, dropped, cut->record, "the rest of a line over 16 MiB");
	cut->record++;
}

/* b begins with a line of more than line_max bytes: its head is the block, and the rest goes. */
static void cut_long_line(struct cutter *cut, struct decode_ctx *c, struct block *b)
{
	struct block rest = {0};

	block_reserve(&rest, cut->block_bytes);
	block_reserve(&rest, b->n - cut->line_max);
	rest.n = b->n - cut->line_max;
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): block_reserve made it */
	memcpy(rest.p, b->p + cut->line_max, rest.n);
	b->n = cut->line_max;
	take(cut, b, b->n);
	drop_line(cut, c, &rest);
	block_free(&rest);
}

/* A piece of a value that is too long; true where it must be passed over. The first piece of one value counts. */
static bool drop_piece(struct cutter *cut, struct decode_ctx *c, const struct block *b)
{
	if (!cut->json.too_long) {
		cut->in_long = false;
		return false;
	}
	if (cut->in_long)
		c->stats->bytes[DECODE_TEXT_LONG] += b->n;
	else
		decode_skip(c, DECODE_TEXT_LONG, b->n, b->first_record, "a JSON value over 16 MiB");
	cut->in_long = true;
	return true;
}

/* --- slots of EVTX --- */

static void lost_slots(struct cutter *cut, struct decode_ctx *c)
{
	uint64_t offset = c->offset;

	for (uint32_t i = 0; i < cut->stale_count; i++) {
		c->offset = cut->stale_at[i < CUTTER_STALE_PLACES ? i : CUTTER_STALE_PLACES - 1];
		decode_skip(c, DECODE_EVTX_CHUNK_MAGIC, 0, 0, "a block among the chunks that is none");
	}
	cut->stale_count = 0;
	c->offset = offset;
}

/* A slot of old bytes is damage where a chunk follows it, or where the header counts it among the chunks. */
static void judge_slots(struct cutter *cut, struct decode_ctx *c, const struct block *b)
{
	for (size_t at = 0; at < b->n; at += CUTTER_SLOT_BYTES) {
		size_t n = b->n - at < CUTTER_SLOT_BYTES ? b->n - at : CUTTER_SLOT_BYTES;
		enum evtx_slot kind = evtx_slot_kind(str_n(b->p + at, n));

		if (kind == EVTX_SLOT_STALE && cut->stale_count++ < CUTTER_STALE_PLACES)
			cut->stale_at[cut->stale_count - 1] = b->offset + at;
		if (kind == EVTX_SLOT_CHUNK || cut->slot < cut->header_chunks)
			lost_slots(cut, c);
		cut->slot++;
	}
}

/* --- the loop --- */

/* Takes the file header away, where there is one: a bare run of chunks is fine too. */
static void begin(struct cutter *cut, struct decode_ctx *c)
{
	struct str head;
	char header[CUTTER_HEADER_BYTES];
	size_t n;

	cut->begun = true;
	if (cut->format->unit != DECODE_UNIT_CHUNK)
		return;
	head = stream_peek(cut->in);
	if (str_starts(head, STR("ElfChnk")))
		return;
	n = stream_fill(cut->in, header, sizeof header, &cut->status);
	cut->offset = n;
	evtx_check_header(c, str_n(header, n));
	cut->header_chunks = evtx_header_chunks(str_n(header, n));
	if (n < sizeof header)
		decode_skip(c, DECODE_EVTX_CUT, 0, 0, "the file ends within its header");
}

/* The header counts too few chunks in many a file, but never more than were written. */
static void missing_slots(struct cutter *cut, struct decode_ctx *c)
{
	char text[100];

	if (cut->slot >= cut->header_chunks || cut->status < 0)
		return;
	snprintf(text, sizeof text, "the header counts %u chunks, the file holds %llu", cut->header_chunks,
		 (unsigned long long)cut->slot);
	decode_skip(c, DECODE_EVTX_CUT, 0, 0, text);
	cut->header_chunks = 0;
}

static void read_more(struct cutter *cut, struct block *b)
{
	size_t enough = cut->line_max + CUTTER_SLOT_BYTES;

	if (cut->status <= 0)
		return;
	/* A line needs no more than `enough` to be seen as too long. */
	if (b->n == b->cap)
		block_reserve(b, b->cap < enough && b->cap * 2 > enough ? enough : b->cap * 2);
	b->n += stream_fill(cut->in, b->p + b->n, b->cap - b->n, &cut->status);
}

static bool is_long_line(const struct cutter *cut, const struct block *b)
{
	return cut->format->unit == DECODE_UNIT_LINE && b->n > cut->line_max &&
	       !memchr(b->p, '\n', cut->line_max + 1);
}

/* Gets one block; false at the end. */
static bool next_block(struct cutter *cut, struct decode_ctx *c, struct block *b)
{
	block_begin(cut, b);
	for (;;) {
		size_t n;

		read_more(cut, b);
		if (is_long_line(cut, b)) {
			cut_long_line(cut, c, b);
			return true;
		}
		n = cut_block(cut, b, cut->status <= 0);
		if (n > 0) {
			take(cut, b, n);
			return true;
		}
		if (cut->status <= 0)
			return false;
	}
}

int cutter_next(struct cutter *cut, struct decode_ctx *c, struct block *out)
{
	if (!cut->begun)
		begin(cut, c);
	while (next_block(cut, c, out)) {
		if (cut->format->unit == DECODE_UNIT_CHUNK)
			judge_slots(cut, c, out);
		if (cut->format->unit != DECODE_UNIT_OBJECT || !drop_piece(cut, c, out))
			return 1;
	}
	missing_slots(cut, c);
	if (cut->status == 0 || cut->reported)
		return 0;
	cut->reported = true;
	return cut->status;
}
