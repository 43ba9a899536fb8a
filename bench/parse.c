/*
 * parse: how fast one decoder reads a file that is in memory already, and how fast the floors below it are.
 *
 *	parse [-t SECONDS] WHAT FILE
 *
 * WHAT is a format's name (evtx, json, syslog, w3c, access ... as in decode_formats) with or without "+values" (every value rendered to text too), or
 * a floor: "copy" copies the bytes, "lines" counts the line ends, "jansson" reads each line with that library.
 *
 * Prints "used_bytes_per_second events_per_second": the fastest of the passes over the file made within SECONDS.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_jansson
#include <jansson.h>
#endif

#include "base/arena.h"
#include "base/io.h"
#include "base/vec.h"
#include "decode/decode.h"
#include "event/value.h"

enum { EVTX_HEADER = 4096, EVTX_CHUNK = 65536, TEXT_BLOCK = 256 << 10 };
#define INPUT_MAX (200u << 20)

struct block { struct str bytes, context; uint64_t first_record; };

struct bench {
	struct str input;
	VEC(struct block) blocks;
	const struct decode_format *format;	/* NULL: a floor */
	const char *floor;
	bool values;
	char *room;				/* where values are rendered to, or bytes copied */
	size_t room_size;
	uint64_t used, events, check;
};

static void fail(const char *what, const char *about)
{
	fprintf(stderr, "parse: %s: %s\n", about, what);
	exit(2);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add_block(struct bench *b, const char *p, size_t n, uint64_t record)
{
	*vec_add(&b->blocks) = (struct block){{p, n}, STR_NONE, record};
}

static void cut_chunks(struct bench *b)
{
	for (size_t at = EVTX_HEADER; at + EVTX_CHUNK <= b->input.n; at += EVTX_CHUNK)
		add_block(b, b->input.p + at, EVTX_CHUNK, 1);
}

static void cut_elements(struct bench *b)
{
	size_t at = 0;

	while (at < b->input.n) {
		size_t left = b->input.n - at, n = left > TEXT_BLOCK ? b->format->cut(str_n(b->input.p + at, TEXT_BLOCK)) : left;
		n = n ? n : left;
		add_block(b, b->input.p + at, n, 1);
		at += n;
	}
}

static void cut_lines(struct bench *b)
{
	size_t at = 0;

	while (at < b->input.n) {
		size_t end = at + TEXT_BLOCK;
		const char *lf = end < b->input.n ? memchr(b->input.p + end, '\n', b->input.n - end) : NULL;
		end = lf ? (size_t)(lf - b->input.p) + 1 : b->input.n;
		add_block(b, b->input.p + at, end - at, 1);
		at = end;
	}
}

/* What the lines before each block leave in force, as whoever cuts a file carries it. */
static void carry(struct bench *b, struct arena *a)
{
	struct buf context = {0};

	for (size_t i = 0; b->format && b->format->carry && i < b->blocks.n; i++) {
		b->blocks.at[i].context = arena_str(a, buf_get(&context));
		b->format->carry(b->blocks.at[i].bytes, &context);
	}
	buf_free(&context);
}

static void take_event(void *user, struct event *e)
{
	struct bench *b = user;

	b->events++;
	b->check += e->field_count;
	for (uint32_t i = 0; b->values && i < e->field_count; i++) {
		size_t max = value_text_max(&e->fields[i]);
		if (max <= b->room_size)
			b->check += value_render(&e->fields[i], b->room);
	}
}

static void pass_decoder(struct bench *b)
{
	static const struct decode_options options = {.reference = INT64_C(17000000000000000)};
	struct decode_stats stats = {0};
	struct arena *arena = arena_new(0);
	struct names *names = names_new(NULL);
	struct decode_ctx c = {.arena = arena, .names = names, .options = &options, .stats = &stats, .emit = take_event,
			       .user = b, .state = b->format->state_new ? b->format->state_new() : NULL};

	for (size_t i = 0; i < b->blocks.n; i++) {
		names_begin_batch(names);
		c.first_record = b->blocks.at[i].first_record;
		c.context = b->blocks.at[i].context;
		b->format->decode(&c, b->blocks.at[i].bytes);
		arena_reset(arena);
	}
	if (b->format->finish)
		b->format->finish(&c);
	b->used += stats.used_bytes;
	if (b->format->state_free)
		b->format->state_free(c.state);
	names_free(names);
	arena_free(arena);
}

static void pass_copy(struct bench *b, struct str block)
{
	if (block.n > b->room_size)
		fail("a block is too large", "copy");
	memcpy(b->room, block.p, block.n);
	b->check += (unsigned char)b->room[block.n / 2];
}

static void pass_lines(struct bench *b, struct str block)
{
	const char *p = block.p, *end = block.p + block.n;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		b->events++;
		p++;
	}
}

#ifdef HAVE_jansson
static void pass_jansson(struct bench *b, struct str block)
{
	while (block.p && block.n) {
		struct str line = str_cut(&block, '\n');
		json_t *j = json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL);
		b->events += j != NULL;
		json_decref(j);
	}
}
#endif

static void pass_floor(struct bench *b)
{
	for (size_t i = 0; i < b->blocks.n; i++) {
		struct str block = b->blocks.at[i].bytes;
		b->used += block.n;
		if (!strcmp(b->floor, "copy"))
			pass_copy(b, block);
		else if (!strcmp(b->floor, "lines"))
			pass_lines(b, block);
#ifdef HAVE_jansson
		else if (!strcmp(b->floor, "jansson"))
			pass_jansson(b, block);
#endif
		else
			fail("no such decoder or floor", b->floor);
	}
}

static void choose(struct bench *b, const char *what)
{
	size_t n = strcspn(what, "+");

	b->values = !strcmp(what + n, "+values");
	b->floor = what;
	for (size_t i = 0; decode_formats[i]; i++)
		if (str_eq(str_c(decode_formats[i]->name), str_n(what, n)))
			b->format = decode_formats[i];
	if (!memcmp(b->input.p, "ElfFile", 7))
		cut_chunks(b);
	else if (b->format && b->format->unit == DECODE_UNIT_ELEMENT)
		cut_elements(b);
	else
		cut_lines(b);
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new(0);
	struct bench b = {.room_size = 64u << 20};
	double seconds = 2, best = 1e9, end;
	int c;

	while ((c = getopt(argc, argv, "t:")) != -1)
		if (c == 't')
			seconds = atof(optarg);
	if (argc - optind != 2)
		fail("usage: parse [-t SECONDS] WHAT FILE", "parse");
	if (io_read_file(argv[optind + 1], INPUT_MAX, a, &b.input) < 0 || b.input.n < 8)
		fail("cannot read (at most 200 MiB)", argv[optind + 1]);
	b.room = mem_alloc(b.room_size);
	choose(&b, argv[optind]);
	carry(&b, a);
	end = now() + seconds;
	do {
		double start = now();
		b.used = b.events = 0;
		b.format ? pass_decoder(&b) : pass_floor(&b);
		if (now() - start < best)
			best = now() - start;
	} while (now() < end);
	printf("%.0f %.0f\n", (double)b.used / best, (double)b.events / best);
	fprintf(stderr, "parse: %" PRIu64 " events, check %" PRIx64 "\n", b.events, b.check);
	vec_free(&b.blocks);
	free(b.room);
	arena_free(a);
	return 0;
}
