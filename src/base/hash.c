#include "base/hash.h"

#include <assert.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "base/vec.h"

/*
 * hash64: eight bytes a step, each multiplied into 128 bits and folded; the tail is read as overlapping words. Constants
 * are odd 64-bit numbers with half of their bits set.
 */
#define H0 UINT64_C(0x9E3779B97F4A7C15)
#define H1 UINT64_C(0xD6E8FEB86659FD93)

static inline uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 r = (unsigned __int128)a * b;
	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static inline uint64_t word(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

static uint64_t short_word(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint64_t hash64(const void *p, size_t n, uint64_t seed)
{
	const uint8_t *b = p;
	uint64_t h = seed ^ fold(n ^ H0, H1);
	size_t left = n;
	for (; left > 8; left -= 8, b += 8)
		h = fold(h ^ word(b), H0) + H1;
	if (left && n >= 8)
		h = fold(h ^ word(b + left - 8), H1);
	else
		h = fold(h ^ short_word(b, left), H1);
	return fold(h ^ H1, H0);
}

struct sha256 {
	gnutls_hash_hd_t handle;
};

struct sha256 *sha256_new(void)
{
	struct sha256 *h = mem_alloc(sizeof *h);
	int err = gnutls_hash_init(&h->handle, GNUTLS_DIG_SHA256);
	assert(err == 0);
	return h;
}

void sha256_add(struct sha256 *h, const void *p, size_t n)
{
	int err = n ? gnutls_hash(h->handle, p, n) : 0;
	assert(err == 0);
}

void sha256_end(struct sha256 *h, uint8_t out[SHA256_SIZE])
{
	gnutls_hash_deinit(h->handle, out);
	vec_release(h);
}

void sha256_of(const void *p, size_t n, uint8_t out[SHA256_SIZE])
{
	int err = gnutls_hash_fast(GNUTLS_DIG_SHA256, p ? p : "", n, out);
	assert(err == 0);
}
