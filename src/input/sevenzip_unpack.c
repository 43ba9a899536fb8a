#include "input/sevenzip_parts.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "input/unpack.h"

#include <gnutls/crypto.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PIECE_BYTES (64u << 10)
#define AES_BLOCK 16u

/* One coder, or several that liblzma does together. Each reads from the one under it. */
struct layer {
	ptrdiff_t (*read)(struct layer *l, uint8_t *p, size_t n);
	struct layer *under;
	uint64_t left;			/* bytes that it still gives */
	uint8_t *in;
	size_t in_at, in_n;
	/* the packed bytes */
	const struct sevenzip_input *input;
	uint64_t at;
	/* AES */
	gnutls_cipher_hd_t cipher;
	/* a decompressor */
	const struct unpacker *unpacker;
	void *state;
	bool at_end;
};

struct sevenzip_pipe { struct layer *top; };

static ptrdiff_t read_layer(struct layer *l, uint8_t *p, size_t n)
{
	ptrdiff_t got;

	n = n < l->left ? n : (size_t)l->left;
	if (n == 0)
		return 0;
	got = l->read(l, p, n);
	if (got > 0)
		l->left -= (uint64_t)got;
	return got;
}

static struct layer *add_layer(struct sevenzip_pipe *pipe, ptrdiff_t (*read_fn)(struct layer *, uint8_t *, size_t), uint64_t size)
{
	struct layer *l = mem_alloc(sizeof *l);

	l->read = read_fn;
	l->under = pipe->top;
	l->left = size;
	pipe->top = l;
	return l;
}

static ptrdiff_t read_packed(struct layer *l, uint8_t *p, size_t n)
{
	ptrdiff_t got = l->input->read_at(l->input->user, l->at, p, n);

	if (got > 0)
		l->at += (uint64_t)got;
	return got == 0 ? ERR_FORMAT : got;
}

static ptrdiff_t read_copy(struct layer *l, uint8_t *p, size_t n)
{
	ptrdiff_t got = read_layer(l->under, p, n);

	return got == 0 ? ERR_FORMAT : got;
}

/* --- AES-256 in CBC mode --- */

static ptrdiff_t read_aes(struct layer *l, uint8_t *p, size_t n)
{
	if (l->in_at == l->in_n) {
		size_t have = 0;
		ptrdiff_t got = 1;

		while (have < PIECE_BYTES && (got = read_layer(l->under, l->in + have, PIECE_BYTES - have)) > 0)
			have += (size_t)got;
		l->in_at = 0;
		l->in_n = have - have % AES_BLOCK;
		if (l->in_n == 0)
			return got < 0 ? got : ERR_FORMAT;
		if (gnutls_cipher_decrypt(l->cipher, l->in, l->in_n) < 0)
			return ERR_FORMAT;
	}
	n = n < l->in_n - l->in_at ? n : l->in_n - l->in_at;
	memcpy(p, l->in + l->in_at, n);
	l->in_at += n;
	return (ptrdiff_t)n;
}

/* The coder's properties: rounds and sizes, then salt and initialisation vector. */
int sevenzip_lock_of(const struct sevenzip_folder *f, struct sevenzip_lock *out)
{
	size_t iv_n = 0;

	*out = (struct sevenzip_lock){0};
	for (uint32_t i = 0; i < f->coder_count; i++) {
		struct str props = f->coders[i].props;

		if (f->coders[i].method != SEVENZIP_AES || props.n < 1)
			continue;
		out->cycles = (uint8_t)props.p[0] & 0x3f;
		if (props.n > 1) {
			out->salt_n = ((uint8_t)props.p[0] >> 7 & 1u) + ((uint8_t)props.p[1] >> 4);
			iv_n = ((uint8_t)props.p[0] >> 6 & 1u) + ((uint8_t)props.p[1] & 15u);
		}
		if (props.n > 1 && props.n < 2 + out->salt_n + iv_n)
			return ERR_FORMAT;
		if (out->cycles > SEVENZIP_CYCLES_MAX && out->cycles != 0x3f)
			return ERR_UNSUPPORTED;
		if (out->salt_n)
			memcpy(out->salt, props.p + 2, out->salt_n);
		if (iv_n)
			memcpy(out->iv, props.p + 2 + out->salt_n, iv_n);
		return 0;
	}
	return ERR_UNSUPPORTED;
}

static void put_utf16(struct buf *out, struct str text)
{
	while (text.n) {
		size_t size;
		uint32_t c = utf8_decode(text.p, text.n, &size);

		if (c >= 0x10000) {
			uint32_t high = 0xd800 + ((c - 0x10000) >> 10);

			buf_byte(out, (char)high);
			buf_byte(out, (char)(high >> 8));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		buf_byte(out, (char)c);
		buf_byte(out, (char)(c >> 8));
		text = str_skip(text, size);
	}
}

/* SHA-256 over 2^cycles times: salt, password in UTF-16LE, the round's number in eight bytes. */
void sevenzip_derive(const struct sevenzip_lock *lock, struct str password, uint8_t out_key[32])
{
	struct sha256 *h;
	struct buf round = {0};
	size_t number_at;

	buf_put(&round, lock->salt, lock->salt_n);
	put_utf16(&round, password);
	if (lock->cycles == 0x3f) {
		memset(out_key, 0, 32);
		memcpy(out_key, round.p ? round.p : "", round.n < 32 ? round.n : 32);
		buf_free(&round);
		return;
	}
	number_at = round.n;
	buf_put(&round, "\0\0\0\0\0\0\0\0", 8);
	h = sha256_new();
	for (uint64_t i = 0; i < 1ull << lock->cycles; i++) {
		for (unsigned k = 0; k < 8; k++)
			round.p[number_at + k] = (char)(i >> 8 * k);
		sha256_add(h, round.p, round.n);
	}
	sha256_end(h, out_key);
	buf_free(&round);
}

static int add_aes(struct sevenzip_pipe *pipe, const struct sevenzip_folder *f, const struct sevenzip_coder *coder,
		   const uint8_t *key)
{
	uint8_t key_copy[32];
	struct sevenzip_lock lock;
	gnutls_datum_t k = {key_copy, 32}, iv = {lock.iv, AES_BLOCK};
	struct layer *l;
	int err = sevenzip_lock_of(f, &lock);

	if (err || !key)
		return err ? err : ERR_DENIED;
	memcpy(key_copy, key, 32);
	l = add_layer(pipe, read_aes, coder->size);
	l->in = mem_resize(NULL, PIECE_BYTES);
	return gnutls_cipher_init(&l->cipher, GNUTLS_CIPHER_AES_256_CBC, &k, &iv) < 0 ? ERR_UNSUPPORTED : 0;
}

/* --- decompressors: the rows of unpack.h, begun in another way --- */

static ptrdiff_t read_unpacked(struct layer *l, uint8_t *p, size_t n)
{
	for (;;) {
		struct unpack_io io = {l->in + l->in_at, l->in_n - l->in_at, p, n};
		size_t had = io.in_n;
		int result = l->at_end ? ERR_FORMAT : l->unpacker->step(l->state, &io);
		ptrdiff_t got;

		l->in_at += had - io.in_n;
		l->at_end = l->at_end || result == 1;
		if (io.out_n < n)
			return (ptrdiff_t)(n - io.out_n);
		if (result < 0 || l->at_end)
			return result < 0 ? result : ERR_FORMAT;
		if (l->in_at < l->in_n && io.in_n < had)
			continue;
		if (l->in_at < l->in_n)
			return ERR_FORMAT;
		got = read_layer(l->under, l->in, PIECE_BYTES);
		if (got <= 0)
			return got < 0 ? got : ERR_FORMAT;
		l->in_at = 0;
		l->in_n = (size_t)got;
	}
}

static const struct unpacker *row_of(const char *name)
{
	size_t i = 0;

	while (unpackers[i] && strcmp(unpackers[i]->name, name) != 0)
		i++;
	return unpackers[i];
}

static int add_unpacker(struct sevenzip_pipe *pipe, const char *name, void *state, uint64_t size)
{
	struct layer *l = add_layer(pipe, read_unpacked, size);

	l->unpacker = row_of(name);
	l->in = mem_resize(NULL, PIECE_BYTES);
	l->state = state ? state : l->unpacker->begin();
	return l->state ? 0 : ERR_LIMIT;
}

static int add_deflate(struct sevenzip_pipe *pipe, uint64_t size)
{
	z_stream *z = mem_alloc(sizeof *z);

	if (inflateInit2(z, -15) == Z_OK)
		return add_unpacker(pipe, "gzip", z, size);
	free(z);
	return ERR_LIMIT;
}

/* --- LZMA and the filters behind it, by liblzma --- */

static const struct { uint64_t method; lzma_vli id; } lzma_ids[] = {
	{SEVENZIP_LZMA, LZMA_FILTER_LZMA1}, {SEVENZIP_LZMA2, LZMA_FILTER_LZMA2}, {SEVENZIP_DELTA, LZMA_FILTER_DELTA},
	{SEVENZIP_X86, LZMA_FILTER_X86}, {SEVENZIP_BCJ_X86, LZMA_FILTER_X86}, {SEVENZIP_POWERPC, LZMA_FILTER_POWERPC},
	{SEVENZIP_IA64, LZMA_FILTER_IA64}, {SEVENZIP_ARM, LZMA_FILTER_ARM}, {SEVENZIP_ARMTHUMB, LZMA_FILTER_ARMTHUMB},
	{SEVENZIP_SPARC, LZMA_FILTER_SPARC},
};

static lzma_vli lzma_id(uint64_t method)
{
	for (size_t i = 0; i < sizeof lzma_ids / sizeof lzma_ids[0]; i++) {
		if (lzma_ids[i].method == method)
			return lzma_ids[i].id;
	}
	return LZMA_VLI_UNKNOWN;
}

static bool is_lzma(uint64_t method)
{
	return method == SEVENZIP_LZMA || method == SEVENZIP_LZMA2;
}

/* The run of coders that liblzma does at once: LZMA or LZMA2, and filters behind it; 0: none. */
static uint32_t lzma_run(const struct sevenzip_folder *f, uint32_t first)
{
	uint32_t n = 0;

	if (!is_lzma(f->coders[first].method))
		return 0;
	while (first + n < f->coder_count && n < LZMA_FILTERS_MAX && lzma_id(f->coders[first + n].method) != LZMA_VLI_UNKNOWN &&
	       (n == 0 || !is_lzma(f->coders[first + n].method)))
		n++;
	return n;
}

static void free_filters(lzma_filter *filters)
{
	for (size_t i = 0; filters[i].id != LZMA_VLI_UNKNOWN; i++)
		free(filters[i].options);
}

static int set_filters(const struct sevenzip_folder *f, uint32_t first, uint32_t n, lzma_filter *filters)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct sevenzip_coder *coder = &f->coders[first + n - 1 - i];
		lzma_filter *filter = &filters[i];
		lzma_ret ret;

		*filter = (lzma_filter){lzma_id(coder->method), NULL};
		ret = lzma_properties_decode(filter, NULL, (const uint8_t *)coder->props.p, coder->props.n);
		filters[i + 1].id = LZMA_VLI_UNKNOWN;
		if (ret != LZMA_OK)
			return ret == LZMA_MEM_ERROR ? ERR_LIMIT : ERR_FORMAT;
		if (filter->id == LZMA_FILTER_LZMA1) {
			/* It ends where its size says, and the filters give their last bytes then. */
			lzma_options_lzma *o = filter->options;

			filter->id = LZMA_FILTER_LZMA1EXT;
			o->ext_flags = LZMA_LZMA1EXT_ALLOW_EOPM;
			lzma_set_ext_size(*o, coder->size);
		}
	}
	return 0;
}

static int add_lzma(struct sevenzip_pipe *pipe, const struct sevenzip_folder *f, uint32_t first, uint32_t n)
{
	lzma_filter filters[LZMA_FILTERS_MAX + 1] = {{LZMA_VLI_UNKNOWN, NULL}};
	static const lzma_stream start = LZMA_STREAM_INIT;
	lzma_stream *x;
	int err = set_filters(f, first, n, filters);
	uint64_t memory = err ? 0 : lzma_raw_decoder_memusage(filters);

	if (!err && (memory == UINT64_MAX || memory > SEVENZIP_MEMORY_MAX))
		err = memory == UINT64_MAX ? ERR_FORMAT : ERR_LIMIT;
	if (err) {
		free_filters(filters);
		return err;
	}
	x = mem_alloc(sizeof *x);
	*x = start;
	err = lzma_raw_decoder(x, filters) == LZMA_OK ? 0 : ERR_LIMIT;
	free_filters(filters);
	if (!err)
		return add_unpacker(pipe, "xz", x, f->coders[first + n - 1].size);
	free(x);
	return err;
}

/* --- a folder --- */

bool sevenzip_can_unpack(const struct sevenzip_folder *f)
{
	for (uint32_t i = 0; i < f->coder_count && f->is_chain; i++) {
		uint64_t method = f->coders[i].method;
		uint32_t run = lzma_run(f, i);

		if (run)
			i += run - 1;
		else if (method != SEVENZIP_COPY && method != SEVENZIP_DEFLATE && method != SEVENZIP_BZIP2 &&
			 method != SEVENZIP_AES)
			return false;
	}
	return f->is_chain;
}

bool sevenzip_is_encrypted(const struct sevenzip_folder *f)
{
	for (uint32_t i = 0; i < f->coder_count; i++) {
		if (f->coders[i].method == SEVENZIP_AES)
			return true;
	}
	return false;
}

static int add_coders(struct sevenzip_pipe *pipe, const struct sevenzip_folder *f, const uint8_t *key)
{
	int err = 0;

	for (uint32_t i = 0; i < f->coder_count && !err; i++) {
		const struct sevenzip_coder *coder = &f->coders[i];
		uint32_t run = lzma_run(f, i);

		if (run)
			err = add_lzma(pipe, f, i, run);
		else if (coder->method == SEVENZIP_COPY)
			add_layer(pipe, read_copy, coder->size);
		else if (coder->method == SEVENZIP_DEFLATE)
			err = add_deflate(pipe, coder->size);
		else if (coder->method == SEVENZIP_BZIP2)
			err = add_unpacker(pipe, "bzip2", NULL, coder->size);
		else
			err = add_aes(pipe, f, coder, key);
		i += run ? run - 1 : 0;
	}
	return err;
}

int sevenzip_pipe_open(const struct sevenzip_folder *f, const struct sevenzip_input *input, const uint8_t *key,
		       struct sevenzip_pipe **out)
{
	struct sevenzip_pipe *pipe;
	struct layer *packed;
	int err;

	if (!sevenzip_can_unpack(f))
		return ERR_UNSUPPORTED;
	pipe = mem_alloc(sizeof *pipe);
	packed = add_layer(pipe, read_packed, f->packed);
	packed->input = input;
	packed->at = f->at;
	err = add_coders(pipe, f, key);
	if (err)
		sevenzip_pipe_close(pipe);
	else
		*out = pipe;
	return err;
}

ptrdiff_t sevenzip_pipe_read(struct sevenzip_pipe *pipe, void *p, size_t n)
{
	return read_layer(pipe->top, p, n);
}

void sevenzip_pipe_close(struct sevenzip_pipe *pipe)
{
	while (pipe && pipe->top) {
		struct layer *l = pipe->top;

		pipe->top = l->under;
		if (l->cipher)
			gnutls_cipher_deinit(l->cipher);
		if (l->state)
			l->unpacker->end(l->state);
		free(l->in);
		free(l);
	}
	free(pipe);
}
