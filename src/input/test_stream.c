#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <bzlib.h>
#include <fcntl.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "input/stream.h"

#define TEXT_BYTES 300000u

static char text[TEXT_BYTES];		/* compresses to about a third */

static void make_text(void)
{
	uint32_t seed = 7;

	for (size_t i = 0; i < sizeof text; i++) {
		seed = seed * 1664525u + 1013904223u;
		text[i] = i % 80 == 79 ? '\n' : (char)('a' + (seed >> 24) % 8);
	}
}

/* --- packing --- */

static size_t pack_gzip(struct str in, char *out, size_t room)
{
	z_stream z = {0};

	assert_int_equal(Z_OK, deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY));
	memcpy(&z.next_in, &in.p, sizeof z.next_in);
	z.avail_in = (unsigned)in.n;
	z.next_out = (unsigned char *)out;
	z.avail_out = (unsigned)room;
	assert_int_equal(Z_STREAM_END, deflate(&z, Z_FINISH));
	deflateEnd(&z);
	return room - z.avail_out;
}

static size_t pack_xz(struct str in, char *out, size_t room)
{
	size_t n = 0;

	assert_int_equal(LZMA_OK, lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, NULL, (const uint8_t *)in.p, in.n,
							  (uint8_t *)out, &n, room));
	return n;
}

static size_t pack_bzip2(struct str in, char *out, size_t room)
{
	unsigned n = (unsigned)room;
	char *copy = mem_alloc(in.n + 1);

	memcpy(copy, in.p, in.n);
	assert_int_equal(BZ_OK, BZ2_bzBuffToBuffCompress(out, &n, copy, (unsigned)in.n, 1, 0, 0));
	free(copy);
	return n;
}

static size_t pack_zstd(struct str in, char *out, size_t room)
{
	size_t n = ZSTD_compress(out, room, in.p, in.n, 1);

	assert_false(ZSTD_isError(n));
	return n;
}

static const struct packer {
	const char *name;
	size_t (*pack)(struct str in, char *out, size_t room);
} packers[] = {{"gzip", pack_gzip}, {"xz", pack_xz}, {"bzip2", pack_bzip2}, {"zstd", pack_zstd}};
#define PACKERS (sizeof packers / sizeof packers[0])

static struct str pack(size_t which, struct str in)
{
	size_t room = in.n + in.n / 10 + 10000;
	char *out = mem_alloc(room);

	return str_n(out, packers[which].pack(in, out, room));
}

static void drop(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

static struct str join(struct str a, struct str b)
{
	char *out = mem_alloc(a.n + b.n + 1);

	memcpy(out, a.p, a.n);
	memcpy(out + a.n, b.p, b.n);
	return str_n(out, a.n + b.n);
}

/* --- reading --- */

/* All of it, in pieces of `piece`; the status at the end in *out_end. */
static struct buf read_all(struct stream *s, size_t piece, int *out_end)
{
	struct buf all = {0};
	char *p = mem_alloc(piece);
	ptrdiff_t got;

	while ((got = stream_read(s, p, piece)) > 0)
		buf_put(&all, p, (size_t)got);
	*out_end = (int)got;
	assert_int_equal(got, stream_read(s, p, piece));	/* for ever the same */
	free(p);
	return all;
}

static void expect(const char *what, struct str input, size_t most, struct str want, int want_end)
{
	struct stream *s = stream_of_bytes(input, most);
	int end;
	struct buf all = read_all(s, 1000, &end);

	if (!str_eq(buf_get(&all), want))
		fail_msg("%s: %zu bytes that are not the %zu wanted", what, all.n, want.n);
	if (end != want_end)
		fail_msg("%s: ends with %d, not %d (%s)", what, end, want_end, stream_problem(s));
	buf_free(&all);
	stream_close(s);
}

static void whole(void **state)
{
	struct str in = str_n(text, sizeof text);

	(void)state;
	expect("plain", in, 4096, in, 0);
	expect("plain, byte by byte", str_head(in, 5000), 1, str_head(in, 5000), 0);
	expect("empty", STR(""), 10, STR(""), 0);
	for (size_t i = 0; i < PACKERS; i++) {
		struct str packed = pack(i, in), twice = join(packed, packed), both = join(in, in);
		struct str zeros = join(packed, STR("\0\0\0\0\0\0\0\0")), rubbish = join(packed, STR("rubbish"));
		struct str none = pack(i, STR(""));

		expect(packers[i].name, packed, 100000, in, 0);
		expect(packers[i].name, packed, 7, in, 0);
		expect("two members", twice, 5000, both, 0);
		expect("zeros behind", zeros, 5000, in, 0);
		expect("rubbish behind", rubbish, 5000, in, ERR_FORMAT);
		expect("nothing packed", none, 3, STR(""), 0);
		drop(packed);
		drop(twice);
		drop(both);
		drop(zeros);
		drop(rubbish);
		drop(none);
	}
}

static void one_inside_another(void **state)
{
	struct str in = str_n(text, 50000);

	(void)state;
	for (size_t i = 0; i < PACKERS * PACKERS; i++) {
		struct str inner = pack(i / PACKERS, in), outer = pack(i % PACKERS, inner), third = pack(0, outer);

		expect("nested", outer, 333, in, 0);
		/* Three deep is not unpacked to the end. */
		expect("three deep", third, 333, inner, 0);
		drop(inner);
		drop(outer);
		drop(third);
	}
}

/* Cut anywhere: an error, and a beginning of the text; most of it where most was there. */
static void cut(void **state)
{
	struct str in = str_n(text, 40000);

	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		struct str packed = pack(i, in);

		for (size_t n = 12; n < packed.n; n += 1 + packed.n / 40) {
			struct stream *s = stream_of_bytes(str_head(packed, n), 1000);
			int end;
			struct buf all = read_all(s, 700, &end);

			if (end != ERR_FORMAT)
				fail_msg("%s cut at %zu of %zu ends with %d", packers[i].name, n, packed.n, end);
			if (!str_starts(in, buf_get(&all)))
				fail_msg("%s cut at %zu gives another text", packers[i].name, n);
			/* gzip and zstd flush as they go; bzip2 and a small xz give whole blocks. */
			if (i == 0 && n > packed.n / 2 && all.n < in.n / 4)
				fail_msg("%s cut at %zu of %zu gives only %zu bytes", packers[i].name, n, packed.n, all.n);
			buf_free(&all);
			stream_close(s);
		}
		drop(packed);
	}
}

static void damaged(void **state)
{
	struct str in = str_n(text, 60000);

	(void)state;
	for (size_t i = 0; i < PACKERS; i++) {
		for (size_t at = 40; at < 20000; at += 997) {
			struct str packed = pack(i, in);
			char *bytes = (char *)(uintptr_t)packed.p;
			struct stream *s;
			struct buf all;
			int end;

			if (at < packed.n)
				bytes[at] ^= 0x55;
			s = stream_of_bytes(packed, 1 + at);
			all = read_all(s, 4096, &end);
			/* zstd without a checksum may not see it; the others must. */
			if (i != 3 && at < packed.n && end != ERR_FORMAT)
				fail_msg("%s damaged at %zu ends with %d", packers[i].name, at, end);
			if (all.n > in.n * 2)
				fail_msg("%s damaged at %zu gives %zu bytes", packers[i].name, at, all.n);
			buf_free(&all);
			stream_close(s);
			drop(packed);
		}
	}
}

static void utf16(void **state)
{
	static const char little[] = "\xff\xfe" "a\0\n\0\xe9\0", big[] = "\xfe\xff" "\0a\0\n\0\xe9";

	(void)state;
	for (size_t most = 1; most < 9; most++) {
		struct str packed = pack(0, str_n(little, 8));

		expect("UTF-16LE", str_n(little, 8), most, STR("a\n\xc3\xa9"), 0);
		expect("UTF-16BE", str_n(big, 8), most, STR("a\n\xc3\xa9"), 0);
		expect("UTF-16LE in gzip", packed, most, STR("a\n\xc3\xa9"), 0);
		expect("an odd byte", str_n(little, 7), most, STR("a\n\xef\xbf\xbd"), 0);
		drop(packed);
	}
}

static void peeking_takes_nothing(void **state)
{
	struct str in = str_n(text, sizeof text), packed = pack(3, in);
	struct stream *s = stream_of_bytes(packed, 1234);
	struct str head = stream_peek(s);
	struct buf all;
	int end;

	(void)state;
	assert_int_equal(STREAM_PEEK_MAX, head.n);
	assert_true(str_eq(head, str_head(in, STREAM_PEEK_MAX)));
	assert_string_equal("zstd", stream_packing(s));
	all = read_all(s, 100001, &end);
	assert_true(str_eq(buf_get(&all), in));
	buf_free(&all);
	stream_close(s);
	drop(packed);
}

static void files(void **state)
{
	char folder[] = "/tmp/truc-test-XXXXXX", path[64], link_path[64], loop[64], fifo[64];
	struct stream *s = NULL;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/file", folder);
	snprintf(link_path, sizeof link_path, "%s/link", folder);
	snprintf(loop, sizeof loop, "%s/loop", folder);
	snprintf(fifo, sizeof fifo, "%s/fifo", folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0 && write(fd, "hello\n", 6) == 6);
	close(fd);
	assert_int_equal(0, symlink("file", link_path));
	assert_int_equal(0, symlink("loop", loop));
	assert_int_equal(0, mkfifo(fifo, 0600));
	assert_int_equal(0, stream_open(path, true, NULL, &s));
	assert_true(str_eq(stream_peek(s), STR("hello\n")) && stream_is_file(s));
	stream_close(s);
	assert_int_equal(0, stream_open(link_path, false, NULL, &s));
	stream_close(s);
	assert_int_equal(ERR_UNSUPPORTED, stream_open(link_path, true, NULL, &s));
	assert_int_equal(ERR_UNSUPPORTED, stream_open(fifo, true, NULL, &s));
	assert_int_equal(ERR_IO, stream_open(loop, false, NULL, &s));	/* named: not passed over */
	assert_int_equal(ELOOP, errno);
	assert_int_equal(ERR_NOENT, stream_open("/nonexistent/file", false, NULL, &s));
	assert_int_equal(ERR_IO, stream_open(folder, false, NULL, &s));
	assert_int_equal(EISDIR, errno);
	unlink(path);
	unlink(link_path);
	unlink(loop);
	unlink(fifo);
	rmdir(folder);
}

/* --- the tee --- */

struct seen {
	struct buf bytes;
	uint64_t size;
	unsigned begun, ended;
	bool whole;
};

static void *tee_begin(void *user, const struct tee_file *file)
{
	struct seen *seen = user;

	assert_string_equal("bytes.gz", strrchr(file->path, '/') + 1);
	seen->size = file->size;
	seen->begun++;
	return seen;
}

static void tee_bytes(void *state, struct str bytes)
{
	buf_str(&((struct seen *)state)->bytes, bytes);
}

static void tee_end(void *state, bool whole)
{
	struct seen *seen = state;

	seen->ended++;
	seen->whole = whole;
}

/* Whatever a reader takes of a packed file, the tee sees all of it as it lies, once. */
static void tee_sees_all(void **state)
{
	struct str packed = pack(0, str_n(text, sizeof text));
	char folder[] = "/tmp/truc-test-XXXXXX", path[64], p[70000];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/bytes.gz", folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0 && write(fd, packed.p, packed.n) == (ssize_t)packed.n);
	close(fd);
	for (size_t n = 0; n <= sizeof text; n += 60000) {
		atomic_bool stop = false;
		struct seen seen = {0};
		struct tee tee = {&seen, tee_begin, tee_bytes, tee_end};
		struct stream_env env = {&stop, NULL, &tee};
		struct stream *s = NULL;
		int status;

		assert_int_equal(0, stream_open(path, true, &env, &s));
		for (size_t done = 0; done < n; done += 60000)
			assert_int_equal(60000, stream_fill(s, p, 60000, &status));
		atomic_store(&stop, n == 120000);
		stream_close(s);
		assert_int_equal(1, seen.begun);
		assert_int_equal(1, seen.ended);
		assert_int_equal(packed.n, seen.size);
		assert_int_equal(n != 120000, seen.whole);
		if (seen.whole && !str_eq(buf_get(&seen.bytes), packed))
			fail_msg("%zu read: %zu bytes of %zu seen", n, seen.bytes.n, packed.n);
		assert_true(str_starts(packed, buf_get(&seen.bytes)));
		buf_free(&seen.bytes);
	}
	unlink(path);
	rmdir(folder);
	drop(packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(one_inside_another), cmocka_unit_test(cut),
		cmocka_unit_test(damaged), cmocka_unit_test(utf16), cmocka_unit_test(peeking_takes_nothing),
		cmocka_unit_test(files), cmocka_unit_test(tee_sees_all),
	};

	make_text();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
