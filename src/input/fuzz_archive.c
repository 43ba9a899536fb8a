/*
 * Contract of the archive reader: whatever the bytes, reading ends, what comes out stays within the limits, paths are printable
 * and begin with the archive's, an error stays, and the size of reads, of the archive and of its members, changes nothing.
 *
 * The first byte chooses the size of reads; the rest is the archive, and what is in it is opened too. A 7-Zip archive's two check
 * sums are made right first, or nothing behind them would be tried.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "input/members.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct members_limits limits = {
	.depth = 3, .count = 200, .free_bytes = 1u << 20, .ratio = 30, .bytes = 4u << 20, .directory = 1u << 20, .held = 1u << 20,
};
static const char *const passwords[] = {"secret"};
static const struct members_options options = {passwords, 1, &limits};

struct run {
	size_t most_at_once, piece;
	struct buf out;			/* all that was told, to be compared */
	uint64_t bytes, members;
};

static void tell(struct run *r, char what, const char *path, const char *text)
{
	buf_byte(&r->out, what);
	buf_put(&r->out, path, strlen(path));
	buf_put(&r->out, text, strlen(text));
}

static void check_path(const char *path)
{
	assert(path[0] == 'a' && (path[1] == '\0' || !strncmp(path + 1, "!/", 2)));
	assert(utf8_is_valid(str_c(path)));
	for (const char *c = path; *c; c++)
		assert((unsigned char)*c >= 0x20 && *c != 0x7f);
}

static void read_bytes(struct run *r, struct stream *s, const char *path)
{
	char *p = mem_alloc(r->piece);
	ptrdiff_t got;

	while ((got = stream_read(s, p, r->piece)) > 0) {
		assert((size_t)got <= r->piece);
		buf_put(&r->out, p, (size_t)got);
		r->bytes += (uint64_t)got;
	}
	assert(stream_read(s, p, r->piece) == got);
	if (got < 0)
		tell(r, 'E', path, stream_problem(s));
	free(p);
}

static void read_archive(struct run *r, struct stream *in, const char *path, struct members *outer)
{
	struct members *m = members_open(in, members_sniff(stream_peek(in)), path, outer, &options);
	struct members_item item;
	enum members_found found;

	while ((found = members_next(m, &item)) != MEMBERS_END) {
		char *kept = strdup(item.path);

		assert(kept && ++r->members < 4 * limits.count);
		check_path(kept);
		if (found != MEMBERS_FILE) {
			tell(r, found == MEMBERS_LINK ? 'L' : 'F', kept, item.problem);
		} else if (members_sniff(stream_peek(item.stream)) != MEMBERS_NONE) {
			read_archive(r, item.stream, kept, m);
		} else {
			tell(r, 'M', kept, "");
			read_bytes(r, item.stream, kept);
			stream_close(item.stream);
		}
		free(kept);
	}
	assert(members_next(m, &item) == MEMBERS_END);
	members_close(m);
}

static void run(struct run *r, struct str bytes)
{
	struct stream *s = stream_of_bytes(bytes, r->most_at_once);

	if (members_sniff(stream_peek(s)) == MEMBERS_NONE)
		stream_close(s);
	else
		read_archive(r, s, "a", NULL);
	assert(r->bytes <= limits.bytes + (1u << 20));
}

static uint64_t le(const char *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

static void put_crc(char *at, const char *p, size_t n)
{
	uint32_t crc = crc32_of(0, p, n);

	for (unsigned i = 0; i < 4; i++)
		at[i] = (char)(crc >> 8 * i);
}

static void mend_7z(char *p, size_t n)
{
	uint64_t at, size;

	if (n < 32 || members_sniff(str_n(p, n)) != MEMBERS_7Z)
		return;
	at = le(p + 12, 8);
	size = le(p + 20, 8);
	if (size <= n - 32 && at <= n - 32 - size)
		put_crc(p + 28, p + 32 + at, (size_t)size);
	put_crc(p + 8, p + 12, 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_alloc(size ? size : 1);
	struct run once = {.most_at_once = 1u << 20, .piece = 1u << 16}, again = {.piece = 777};
	struct str bytes = str_n(copy, size ? size - 1 : 0);

	if (size)
		memcpy(copy, data + 1, size - 1);
	mend_7z(copy, bytes.n);
	again.most_at_once = size ? 1 + data[0] * 7u : 1;
	run(&once, bytes);
	run(&again, bytes);
	assert(str_eq(buf_get(&once.out), buf_get(&again.out)));
	buf_free(&once.out);
	buf_free(&again.out);
	free(copy);
	return 0;
}
