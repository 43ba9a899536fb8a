#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/vec.h"
#include "hunt/cutter.h"

static const struct decode_format lines = {.name = "lines", .unit = DECODE_UNIT_LINE};
static const struct decode_format chunks = {.name = "chunks", .unit = DECODE_UNIT_CHUNK};
static const struct decode_format objects = {.name = "objects", .unit = DECODE_UNIT_OBJECT};

/* Each block as "record:text|" with its line ends as '$'; a skip as "!bytes". */
static const struct {
	const char *name, *input, *want;
	size_t block, line_max;
} line_cases[] = {
	{"nothing", "", "", 8, 0},
	{"one line", "abc\n", "1:abc$|", 8, 0},
	{"no end", "abc", "1:abc|", 8, 0},
	{"no end behind others", "a\nb\nc", "1:a$b$|3:c|", 5, 0},
	{"CRLF stays", "a\r\nb\r\n", "1:a\r$b\r$|", 16, 0},
	{"blank lines count", "\n\n\na\n", "1:$$|3:$|4:a$|", 2, 0},
	{"a line over the block", "abcdefghij\nk\n", "1:abcdefghij$k$|", 4, 0},
	{"as long as may be", "abcd\nef\n", "1:abcd$ef$|", 2, 4},
	{"too long", "abcde\nfg\n", "!2 1:abcd|2:fg$|", 2, 4},
	{"too long, with no end", "abcdefghi", "!5 1:abcd|", 2, 4},
	{"too long twice", "abcdefgh\nabcdefgh\nx\n", "!5 1:abcd|!5 2:abcd|3:x$|", 2, 4},
	{"as long as may be, with no end", "abcd", "1:abcd|", 2, 4},
};

static void show_block(struct buf *out, const struct block *b)
{
	buf_printf(out, "%llu:", (unsigned long long)b->first_record);
	for (size_t i = 0; i < b->n; i++)
		buf_byte(out, b->p[i] == '\n' ? '$' : b->p[i]);
	buf_byte(out, '|');
}

static void show(struct buf *out, struct cutter *cut, const struct decode_format *format, struct str input, size_t most)
{
	struct stream *s = stream_of_bytes(input, most);
	struct decode_stats stats = {0};
	struct decode_ctx c = {.stats = &stats};
	struct block b = {0};
	uint64_t skipped = 0;

	cutter_begin(cut, format, s);
	while (cutter_next(cut, &c, &b) == 1) {
		uint64_t now = stats.bytes[DECODE_TEXT_LONG];

		if (now != skipped)
			buf_printf(out, "!%llu ", (unsigned long long)(now - skipped));
		skipped = now;
		show_block(out, &b);
	}
	block_free(&b);
	cutter_free(cut);
	stream_close(s);
}

static void lines_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof line_cases / sizeof line_cases[0]; i++) {
		for (size_t most = 1; most < 12; most++) {
			struct cutter cut = {.block_bytes = line_cases[i].block, .line_max = line_cases[i].line_max};
			struct buf out = {0};

			show(&out, &cut, &lines, str_c(line_cases[i].input), most);
			if (!str_eq(buf_get(&out), str_c(line_cases[i].want)))
				fail_msg("%s, reads of %zu: %.*s instead of %s", line_cases[i].name, most,
					 STR_ARGS(buf_get(&out)), line_cases[i].want);
			buf_free(&out);
		}
	}
}

static void json_values_are_whole(void **state)
{
	struct cutter cut = {.block_bytes = 16};
	struct buf out = {0};

	(void)state;
	show(&out, &cut, &objects, STR("[\n {\"a\": 1},\n {\"b\":\n  [2, 3]},\n {\"c\": \"}\"}\n]\n"), 5);
	/* However it is cut: three values, each within one block. */
	assert_non_null(strstr(buf_get(&out).p, "{\"a\": 1}"));
	assert_non_null(strstr(buf_get(&out).p, "{\"b\":$  [2, 3]}"));
	assert_non_null(strstr(buf_get(&out).p, "{\"c\": \"}\"}"));
	buf_free(&out);
}

/* Reads and blocks of every size: the blocks are the text, and each but the last ends behind an event. */
static void elements_are_whole(void **state)
{
	static const struct str text = STR("<Events>\n<Event><a>1</a></Event><Event b='</Event>'/>\n <Event>x</Event >\n<Event>y</Event></Events>\n");
	const struct decode_format *format = decode_sniff(text);

	(void)state;
	assert_int_equal(format->unit, DECODE_UNIT_ELEMENT);
	for (size_t most = 1; most <= text.n; most++) {
		for (size_t size = 1; size <= text.n; size += 9) {
			struct cutter cut = {.block_bytes = size};
			struct stream *s = stream_of_bytes(text, most);
			struct decode_stats stats = {0};
			struct decode_ctx c = {.stats = &stats};
			struct block b = {0};
			size_t at = 0;

			cutter_begin(&cut, format, s);
			while (cutter_next(&cut, &c, &b) == 1) {
				assert_memory_equal(b.p, text.p + at, b.n);
				assert_int_equal(b.offset, at);
				at += b.n;
				if (at < text.n && b.p[b.n - 1] != '>')
					fail_msg("reads of %zu, blocks of %zu: a block ends at %zu", most, size, at);
			}
			assert_int_equal(at, text.n);
			block_free(&b);
			cutter_free(&cut);
			stream_close(s);
		}
	}
}

/* One that does not end: it is given when it is too long, and the memory stays bounded. */
static void an_element_without_end(void **state)
{
	struct cutter cut = {.block_bytes = 16, .line_max = 64};
	struct decode_stats stats = {0};
	struct decode_ctx c = {.stats = &stats};
	struct block b = {0};
	char text[1000] = "<Event>";
	struct stream *s;
	size_t at = 0;

	(void)state;
	memset(text + 7, 'x', sizeof text - 7);
	s = stream_of_bytes(str_n(text, sizeof text), 10);
	cutter_begin(&cut, decode_sniff(STR("<Event>")), s);
	while (cutter_next(&cut, &c, &b) == 1) {
		assert_memory_equal(b.p, text + at, b.n);
		assert_true(b.n <= 512);
		at += b.n;
	}
	assert_int_equal(at, sizeof text);
	block_free(&b);
	cutter_free(&cut);
	stream_close(s);
}

/* A line over the real maximum takes that much memory and no more, and the lines around it are there. */
static void a_line_of_40_mib(void **state)
{
	size_t n = 40u << 20;
	char *text = mem_alloc(n);
	struct decode_stats stats = {0};
	struct decode_ctx c = {.stats = &stats};
	struct cutter cut = {0};
	struct block b = {0};
	struct stream *s;

	(void)state;
	memset(text, 'x', n);
	memcpy(text, "one\n", 4);
	memcpy(text + n - 6, "\nlast\n", 6);
	s = stream_of_bytes(str_n(text, n), 1u << 20);
	cutter_begin(&cut, &lines, s);
	assert_int_equal(1, cutter_next(&cut, &c, &b));
	assert_int_equal(4, b.n);
	assert_int_equal(1, cutter_next(&cut, &c, &b));
	assert_int_equal(DECODE_LINE_MAX, b.n);
	assert_int_equal(2, b.first_record);
	assert_true(b.cap <= DECODE_LINE_MAX + (1u << 20));
	assert_int_equal(1, cutter_next(&cut, &c, &b));
	assert_true(str_eq(str_n(b.p, b.n), STR("last\n")));
	assert_int_equal(3, b.first_record);
	assert_true(b.cap <= CUTTER_BLOCK_BYTES * 4);
	assert_int_equal(0, cutter_next(&cut, &c, &b));
	assert_int_equal(1, stats.count[DECODE_TEXT_LONG]);
	assert_int_equal(n - 4 - 5 - DECODE_LINE_MAX, stats.bytes[DECODE_TEXT_LONG]);
	block_free(&b);
	cutter_free(&cut);
	stream_close(s);
	free(text);
}

static void slots(void **state)
{
	size_t n = 4096 + 20 * 65536 + 1000, blocks = 0, bytes = 0;
	char *file = mem_alloc(n);
	struct decode_stats stats = {0};
	struct decode_ctx c = {.stats = &stats};
	struct cutter cut = {0};
	struct block b = {0};
	struct stream *s;

	(void)state;
	memcpy(file, "ElfFile", 8);
	s = stream_of_bytes(str_n(file, n), 70000);
	cutter_begin(&cut, &chunks, s);
	while (cutter_next(&cut, &c, &b) == 1) {
		assert_int_equal(4096 + bytes, b.offset);
		bytes += b.n;
		blocks++;
		assert_true(b.n % 65536 == 0 || bytes == n - 4096);
	}
	assert_int_equal(n - 4096, bytes);
	assert_int_equal(3, blocks);
	/* All zeros behind the magic: the header is counted as damaged, its chunks are given. */
	assert_int_equal(1, stats.count[DECODE_EVTX_FILE_HEADER]);
	block_free(&b);
	cutter_free(&cut);
	stream_close(s);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_whole), cmocka_unit_test(json_values_are_whole),
		cmocka_unit_test(elements_are_whole),
		cmocka_unit_test(an_element_without_end),
		cmocka_unit_test(a_line_of_40_mib), cmocka_unit_test(slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
