#include "input/unpack.h"

#include "base/err.h"
#include "input/stream.h"

#include <bzlib.h>
#include <limits.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static unsigned at_most_uint(size_t n)
{
	return n > UINT_MAX ? UINT_MAX : (unsigned)n;
}

static void advance(struct unpack_io *io, size_t in, size_t out)
{
	io->in += in;
	io->in_n -= in;
	io->out += out;
	io->out_n -= out;
}

/* --- gzip (RFC 1952) --- */

static bool gzip_starts(struct str h)
{
	/* Method 8, and no reserved flag: two bytes alone are too weak a sign. */
	return h.n >= 4 && !memcmp(h.p, "\x1f\x8b\x08", 3) && !((unsigned char)h.p[3] & 0xe0);
}

static void *gzip_begin(void)
{
	z_stream *z = calloc(1, sizeof *z);

	if (z && inflateInit2(z, 15 + 16) != Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static int gzip_step(void *state, struct unpack_io *io)
{
	z_stream *z = state;
	unsigned in = at_most_uint(io->in_n), out = at_most_uint(io->out_n);
	uint8_t copy_guard = 0;
	int result;

	/* zlib's next_in is not const; it does not write there. */
	memcpy(&z->next_in, &io->in, sizeof z->next_in);
	if (!z->next_in)
		z->next_in = &copy_guard;
	z->avail_in = in;
	z->next_out = io->out;
	z->avail_out = out;
	result = inflate(z, Z_NO_FLUSH);
	advance(io, in - z->avail_in, out - z->avail_out);
	if (result == Z_STREAM_END)
		return 1;
	if (result == Z_OK || result == Z_BUF_ERROR)
		return 0;
	return result == Z_MEM_ERROR ? ERR_LIMIT : ERR_FORMAT;
}

static void gzip_end(void *state)
{
	inflateEnd(state);
	free(state);
}

static const struct unpacker unpack_gzip = {"gzip", gzip_starts, gzip_begin, gzip_step, gzip_end};

/* --- xz --- */

static bool xz_starts(struct str h)
{
	return h.n >= 6 && !memcmp(h.p, "\xfd" "7zXZ\0", 6);
}

static void *xz_begin(void)
{
	static const lzma_stream start = LZMA_STREAM_INIT;
	lzma_stream *x = malloc(sizeof *x);

	if (!x)
		return NULL;
	*x = start;
	if (lzma_stream_decoder(x, STREAM_WINDOW_MAX, 0) != LZMA_OK) {
		free(x);
		return NULL;
	}
	return x;
}

static int xz_step(void *state, struct unpack_io *io)
{
	lzma_stream *x = state;
	lzma_ret result;

	x->next_in = io->in;
	x->avail_in = io->in_n;
	x->next_out = io->out;
	x->avail_out = io->out_n;
	result = lzma_code(x, LZMA_RUN);
	advance(io, io->in_n - x->avail_in, io->out_n - x->avail_out);
	if (result == LZMA_STREAM_END)
		return 1;
	if (result == LZMA_OK || result == LZMA_BUF_ERROR)
		return 0;
	return result == LZMA_MEMLIMIT_ERROR || result == LZMA_MEM_ERROR ? ERR_LIMIT : ERR_FORMAT;
}

static void xz_end(void *state)
{
	lzma_end(state);
	free(state);
}

static const struct unpacker unpack_xz = {"xz", xz_starts, xz_begin, xz_step, xz_end};

/* --- bzip2 --- */

static bool bzip2_starts(struct str h)
{
	/* "BZh", the block size 1-9, then the magic of a block or of the end. */
	return h.n >= 10 && !memcmp(h.p, "BZh", 3) && h.p[3] >= '1' && h.p[3] <= '9' &&
	       (!memcmp(h.p + 4, "1AY&SY", 6) || !memcmp(h.p + 4, "\x17\x72\x45\x38\x50\x90", 6));
}

static void *bzip2_begin(void)
{
	bz_stream *b = calloc(1, sizeof *b);

	if (b && BZ2_bzDecompressInit(b, 0, 0) != BZ_OK) {
		free(b);
		return NULL;
	}
	return b;
}

static int bzip2_step(void *state, struct unpack_io *io)
{
	bz_stream *b = state;
	unsigned in = at_most_uint(io->in_n), out = at_most_uint(io->out_n);
	int result;

	memcpy(&b->next_in, &io->in, sizeof b->next_in);
	b->avail_in = in;
	b->next_out = (char *)io->out;
	b->avail_out = out;
	result = BZ2_bzDecompress(b);
	advance(io, in - b->avail_in, out - b->avail_out);
	if (result == BZ_STREAM_END)
		return 1;
	if (result == BZ_OK)
		return 0;
	return result == BZ_MEM_ERROR ? ERR_LIMIT : ERR_FORMAT;
}

static void bzip2_end(void *state)
{
	BZ2_bzDecompressEnd(state);
	free(state);
}

static const struct unpacker unpack_bzip2 = {"bzip2", bzip2_starts, bzip2_begin, bzip2_step, bzip2_end};

/* --- zstd (RFC 8878) --- */

static bool zstd_starts(struct str h)
{
	uint8_t b[4];

	if (h.n < 4)
		return false;
	memcpy(b, h.p, 4);
	if (b[0] == 0x28 && b[1] == 0xb5 && b[2] == 0x2f && b[3] == 0xfd)
		return true;
	/* A skippable frame: parallel compressors write them. */
	return (b[0] & 0xf0) == 0x50 && b[1] == 0x2a && b[2] == 0x4d && b[3] == 0x18;
}

static void *zstd_begin(void)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();

	if (z)
		ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 27);
	return z;
}

static int zstd_step(void *state, struct unpack_io *io)
{
	ZSTD_inBuffer in = {io->in, io->in_n, 0};
	ZSTD_outBuffer out = {io->out, io->out_n, 0};
	size_t result = ZSTD_decompressStream(state, &out, &in);

	advance(io, in.pos, out.pos);
	if (ZSTD_isError(result))
		return strstr(ZSTD_getErrorName(result), "memory") ? ERR_LIMIT : ERR_FORMAT;
	return result == 0;
}

static void zstd_end(void *state)
{
	ZSTD_freeDCtx(state);
}

static const struct unpacker unpack_zstd = {"zstd", zstd_starts, zstd_begin, zstd_step, zstd_end};

const struct unpacker *const unpackers[] = {&unpack_gzip, &unpack_xz, &unpack_bzip2, &unpack_zstd, NULL};

const struct unpacker *unpack_sniff(struct str head)
{
	for (size_t i = 0; unpackers[i]; i++) {
		if (unpackers[i]->starts(head))
			return unpackers[i];
	}
	return NULL;
}
