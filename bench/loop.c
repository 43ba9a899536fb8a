/*
 * loop: makes a benchmark input of a given size out of a list of files.
 *
 *	loop -f evtx|lines -s BYTES -o PREFIX -b BASE LIST...
 *
 * A LIST names one file a line, relative to BASE; '#' begins a comment, and a line "!FILE" leaves FILE out. The files are gone
 * through again and again until BYTES used bytes are written.
 *
 * evtx: the chunks that hold records, unchanged, behind a file header of their own: PREFIX-00.evtx, PREFIX-01.evtx, each
 * with at most CHUNKS_PER_FILE. Used bytes are those up to each chunk's free-space offset.
 * lines: the lines of text files and, where this was built with libarchive, of the members of archives (zip, tar.gz):
 * PREFIX-00.json. Used bytes are all bytes.
 *
 * PREFIX.size receives "used_bytes records", so that a later run need not count again; its presence says that the files
 * are complete.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_archive
#include <archive.h>
#include <archive_entry.h>
#endif

#include "base/arena.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/vec.h"

enum { HEADER_SIZE = 4096, CHUNK_SIZE = 65536, RECORDS_AT = 512, CHUNKS_PER_FILE = 8192 };
#define INPUT_MAX (256u << 20)

struct loop {
	const char *base, *prefix;
	uint64_t wanted, used, records;
	FILE *out;
	unsigned files, chunks;		/* files begun; chunks in the one that is open */
	uint64_t round_used;		/* used bytes when this round through the list began */
	bool partial_line;
};

static void fail(const char *what, const char *path)
{
	fprintf(stderr, "loop: %s: %s\n", path, what);
	exit(2);
}

static bool done(const struct loop *l)
{
	return l->used >= l->wanted;
}

static void put(struct loop *l, const void *p, size_t n)
{
	if (fwrite(p, 1, n, l->out) != n)
		fail("cannot write", l->prefix);
}

static void open_next(struct loop *l, const char *suffix)
{
	char path[4096];

	snprintf(path, sizeof path, "%s-%02u.%s", l->prefix, l->files++, suffix);
	l->out = fopen(path, "wb");
	if (!l->out)
		fail("cannot create", path);
}

static void put_le(uint8_t *at, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get_le32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The header is written last, when the number of chunks is known; until then its place is zero. */
static void close_evtx(struct loop *l)
{
	uint8_t h[HEADER_SIZE] = "ElfFile";

	if (!l->out)
		return;
	put_le(h + 16, l->chunks - 1, 8);
	put_le(h + 24, l->records + 1, 8);
	put_le(h + 32, 128, 4);
	put_le(h + 36, 1, 2);
	put_le(h + 38, 3, 2);
	put_le(h + 40, HEADER_SIZE, 2);
	put_le(h + 42, l->chunks, 2);
	put_le(h + 124, crc32_of(0, h, 120), 4);
	if (fseek(l->out, 0, SEEK_SET))
		fail("cannot seek", l->prefix);
	put(l, h, sizeof h);
	if (fclose(l->out))
		fail("cannot write", l->prefix);
	l->out = NULL;
	l->chunks = 0;
}

static uint64_t count_records(const uint8_t *chunk, uint32_t end)
{
	uint64_t n = 0;

	for (uint32_t at = RECORDS_AT; at + 28 <= end && !memcmp(chunk + at, "**\0\0", 4);) {
		uint32_t size = get_le32(chunk + at + 4);
		if (size < 28 || size > end - at)
			break;
		n++;
		at += size;
	}
	return n;
}

static void put_chunk(struct loop *l, const uint8_t *chunk, uint32_t end)
{
	static const uint8_t nothing[HEADER_SIZE];

	if (!l->out) {
		open_next(l, "evtx");
		put(l, nothing, sizeof nothing);
	}
	put(l, chunk, CHUNK_SIZE);
	l->used += end;
	l->records += count_records(chunk, end);
	if (++l->chunks == CHUNKS_PER_FILE)
		close_evtx(l);
}

static void add_evtx(struct loop *l, const char *path)
{
	struct arena *a = arena_new(0);
	struct str s;

	if (io_read_file(path, INPUT_MAX, a, &s) < 0)
		fail("cannot read", path);
	for (size_t at = HEADER_SIZE; at + CHUNK_SIZE <= s.n && !done(l); at += CHUNK_SIZE) {
		const uint8_t *chunk = (const uint8_t *)s.p + at;
		uint32_t end = get_le32(chunk + 48);
		if (!memcmp(chunk, "ElfChnk", 8) && end > RECORDS_AT && end <= CHUNK_SIZE)
			put_chunk(l, chunk, end);
	}
	arena_free(a);
}

/* Copies the bytes up to the wanted size, and on to the end of the line there. */
static void put_lines(struct loop *l, const char *p, size_t n)
{
	while (n && (!done(l) || l->partial_line)) {
		const char *lf = memchr(p, '\n', n);
		size_t length = lf ? (size_t)(lf - p) + 1 : n;
		if (length > 1 || !lf || l->partial_line) {	/* no blank lines */
			put(l, p, length);
			l->used += length;
			l->records += lf != NULL;
		}
		l->partial_line = !lf;
		p += length;
		n -= length;
	}
}

#ifdef HAVE_archive
static void add_member(struct loop *l, struct archive *a)
{
	static char block[1 << 20];
	la_ssize_t n = 0;

	while ((!done(l) || l->partial_line) && (n = archive_read_data(a, block, sizeof block)) > 0)
		put_lines(l, block, (size_t)n);
	if (n < 0)
		fail(archive_error_string(a), l->prefix);
	if (l->partial_line)
		put_lines(l, "\n", 1);
}

static void read_lines(struct loop *l, const char *path)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;

	archive_read_support_filter_all(a);
	archive_read_support_format_zip(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_filename(a, path, 1 << 16) != ARCHIVE_OK)
		fail(archive_error_string(a), path);
	while (!done(l) && archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);
		if (!name || !strstr(name, "__MACOSX"))
			add_member(l, a);
	}
	archive_read_free(a);
}
#else
static void read_lines(struct loop *l, const char *path)
{
	struct arena *a = arena_new(0);
	struct str s;

	if (io_read_file(path, INPUT_MAX, a, &s) < 0)
		fail("cannot read", path);
	if (str_starts(s, STR("PK")) || str_starts(s, STR("\x1f\x8b")))
		fail("packed, and this was built without libarchive (libarchive-dev)", path);
	put_lines(l, s.p, s.n);
	if (l->partial_line)
		put_lines(l, "\n", 1);
	arena_free(a);
}
#endif

static void add_lines(struct loop *l, const char *path)
{
	if (!l->out)
		open_next(l, "json");
	read_lines(l, path);
}

static bool is_excluded(struct str text, struct str name)
{
	while (text.p) {
		struct str line = str_trim(str_cut(&text, '\n'));
		if (line.n && line.p[0] == '!' && str_eq(str_trim(str_skip(line, 1)), name))
			return true;
	}
	return false;
}

static void go_through(struct loop *l, struct str text, void (*add)(struct loop *, const char *))
{
	struct str rest = text;
	char path[4096];

	while (rest.p && !done(l)) {
		struct str line = str_trim(str_cut(&rest, '\n'));
		if (!line.n || line.p[0] == '#' || line.p[0] == '!' || is_excluded(text, line))
			continue;
		snprintf(path, sizeof path, "%s/%.*s", l->base, STR_ARGS(line));
		add(l, path);
	}
}

static struct str read_lists(struct arena *a, char **paths, int count)
{
	struct buf all = {0};
	struct str text;

	for (int i = 0; i < count; i++) {
		if (io_read_file(paths[i], INPUT_MAX, a, &text) < 0)
			fail("cannot read", paths[i]);
		buf_str(&all, text);
		buf_byte(&all, '\n');
	}
	text = arena_str(a, buf_get(&all));
	buf_free(&all);
	return text;
}

static void write_size(const struct loop *l)
{
	char path[4096], text[64];
	int n = snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 "\n", l->used, l->records);

	snprintf(path, sizeof path, "%s.size", l->prefix);
	if (io_write_file(path, str_n(text, (size_t)n), false) < 0)
		fail("cannot write", path);
}

static void usage(void)
{
	fputs("usage: loop -f evtx|lines -s BYTES -o PREFIX -b BASE LIST...\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	struct loop l = {.base = "."};
	struct arena *a = arena_new(0);
	bool lines = false;
	int c;

	while ((c = getopt(argc, argv, "f:s:o:b:")) != -1) {
		if (c == 'f')
			lines = !strcmp(optarg, "lines");
		else if (c == 's')
			l.wanted = strtoull(optarg, NULL, 10);
		else if (c == 'o')
			l.prefix = optarg;
		else if (c == 'b')
			l.base = optarg;
		else
			usage();
	}
	if (!l.wanted || !l.prefix || optind == argc)
		usage();
	struct str list = read_lists(a, argv + optind, argc - optind);
	while (!done(&l)) {
		l.round_used = l.used;
		go_through(&l, list, lines ? add_lines : add_evtx);
		if (l.used == l.round_used)
			fail("the lists hold nothing to loop", l.prefix);
	}
	if (!lines)
		close_evtx(&l);
	else if (fclose(l.out))
		fail("cannot write", l.prefix);
	write_size(&l);
	arena_free(a);
	return 0;
}
