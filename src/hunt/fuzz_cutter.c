/*
 * Contract of the block cutter: whatever the reads and block sizes, the blocks put together are the stream, but for what
 * was counted as skipped; lines are whole, numbered, and no longer than the maximum; nothing is given twice.
 *
 * The first three bytes choose the format, the sizes of reads and the maximum; the rest is the stream.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "hunt/cutter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct decode_format line_format = {.name = "line", .unit = DECODE_UNIT_LINE};
static const struct decode_format chunk_format = {.name = "chunk", .unit = DECODE_UNIT_CHUNK};
static const struct decode_format object_format = {.name = "object", .unit = DECODE_UNIT_OBJECT};

struct check {
	struct str text;		/* of the stream, as it was opened */
	size_t at;			/* bytes accounted for */
	uint64_t lines;			/* line ends accounted for */
	size_t line_max;
	uint64_t skipped;		/* as counted before this block */
};

static uint64_t line_ends(struct str s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

/* A line block: whole lines of which only the last of the stream, or the head of a long one, lacks its end. */
static void check_lines(struct check *k, const struct block *b, uint64_t dropped)
{
	assert(b->first_record == k->lines + 1);
	if (dropped) {
		assert(b->n == k->line_max && !memchr(b->p, '\n', b->n));
		assert(dropped <= k->text.n - k->at - b->n);
	} else {
		assert(b->p[b->n - 1] == '\n' || k->at + b->n == k->text.n);
	}
	k->lines += line_ends(str_n(k->text.p + k->at, b->n + dropped));
}

static void check_block(struct check *k, enum decode_unit unit, const struct block *b, uint64_t skipped)
{
	uint64_t dropped = skipped - k->skipped;

	assert(b->n > 0 && b->n <= b->cap);
	assert(b->n + dropped <= k->text.n - k->at);
	assert(memcmp(b->p, k->text.p + k->at, b->n) == 0);
	if (unit == DECODE_UNIT_LINE)
		check_lines(k, b, dropped);
	else if (unit == DECODE_UNIT_CHUNK)
		assert(b->n % CUTTER_SLOT_BYTES == 0 || k->at + b->n == k->text.n);
	k->at += b->n + dropped;
	k->skipped = skipped;
}

/* What the stream gives when nothing cuts it. */
static struct buf read_all(struct str input)
{
	struct stream *s = stream_of_bytes(input, 1u << 20);
	struct buf all = {0};
	char piece[8192];
	ptrdiff_t got;

	while ((got = stream_read(s, piece, sizeof piece)) > 0 && all.n < (4u << 20))
		buf_put(&all, piece, (size_t)got);
	stream_close(s);
	return all;
}

static void run(struct str input, const struct decode_format *format, size_t most, struct cutter *cut)
{
	struct buf all = read_all(input);
	struct stream *s = stream_of_bytes(input, most);
	struct decode_stats stats = {0};
	struct decode_ctx c = {.stats = &stats};
	struct block block = {0};
	struct check k = {.text = buf_get(&all), .line_max = cut->line_max};
	int got;

	if (all.n >= (4u << 20))	/* a small bomb: too slow for a fuzzer, and nothing new */
		goto out;
	cutter_begin(cut, format, s);
	if (format->unit == DECODE_UNIT_CHUNK && !str_starts(k.text, STR("ElfChnk")))
		k.at = k.text.n < CUTTER_HEADER_BYTES ? k.text.n : CUTTER_HEADER_BYTES;
	while ((got = cutter_next(cut, &c, &block)) == 1) {
		assert(block.offset == k.at);
		check_block(&k, format->unit, &block, stats.bytes[DECODE_TEXT_LONG]);
	}
	/* How much a damaged zstd stream gives before its error depends on how its bytes come in; pipes alone differ in that. */
	assert(k.at == k.text.n || got == ERR_FORMAT);
	assert(cutter_next(cut, &c, &block) == 0);
out:
	cutter_free(cut);
	block_free(&block);
	stream_close(s);
	buf_free(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct decode_format *const formats[] = {&line_format, &chunk_format, &object_format};
	struct cutter cut = {0};

	if (size < 3)
		return 0;
	cut.block_bytes = 1 + data[1] % 64 * 16;
	cut.line_max = cut.block_bytes + data[2] % 100;
	if (data[0] % 3 != 0)
		cut.block_bytes = cut.line_max = 0;
	run(str_n(data + 3, size - 3), formats[data[0] % 3], 1 + data[0] / 3 * 5u, &cut);
	return 0;
}
