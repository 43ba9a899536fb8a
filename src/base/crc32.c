#include "base/hash.h"

#include <zlib.h>

#if defined __x86_64__
#include <immintrin.h>

/*
 * Folding by carry-less multiplication (Gopal and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
 * Instruction", Intel 2009), bits reflected. Each constant is x to some power modulo the polynomial: FOLD_64 moves 16
 * bytes over the 64 that follow, FOLD_16 over the next 16, the rest bring 128 bits down to 32.
 */
#define FOLD_64_LOW 0x154442bd4
#define FOLD_64_HIGH 0x1c6e41596
#define FOLD_16_LOW 0x1751997d0
#define FOLD_16_HIGH 0x0ccaa009e
#define TO_64 0x163cd6124
#define POLYNOMIAL 0x1db710641
#define BARRETT 0x1f7011641

#define CLMUL __attribute__((target("pclmul,sse4.1")))
#define LEAST 64u

CLMUL static inline __m128i load(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

CLMUL static inline __m128i fold(__m128i v, __m128i by, __m128i next)
{
	return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(v, by, 0x00), _mm_clmulepi64_si128(v, by, 0x11)), next);
}

CLMUL static uint32_t reduce(__m128i v)
{
	const __m128i low32 = _mm_setr_epi32(-1, 0, -1, 0), barrett = _mm_set_epi64x(BARRETT, POLYNOMIAL);
	__m128i t = _mm_clmulepi64_si128(v, _mm_set_epi64x(FOLD_16_HIGH, FOLD_16_LOW), 0x10);
	v = _mm_xor_si128(_mm_srli_si128(v, 8), t);
	t = _mm_srli_si128(v, 4);
	v = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(v, low32), _mm_set_epi64x(0, TO_64), 0x00), t);
	t = _mm_clmulepi64_si128(_mm_and_si128(v, low32), barrett, 0x10);
	t = _mm_clmulepi64_si128(_mm_and_si128(t, low32), barrett, 0x00);
	return (uint32_t)_mm_extract_epi32(_mm_xor_si128(v, t), 1);
}

/* n is a multiple of 16 and at least LEAST; crc without the inversions at both ends. */
CLMUL static uint32_t crc32_folded(uint32_t crc, const uint8_t *p, size_t n)
{
	const __m128i by64 = _mm_set_epi64x(FOLD_64_HIGH, FOLD_64_LOW), by16 = _mm_set_epi64x(FOLD_16_HIGH, FOLD_16_LOW);
	__m128i v[4] = {_mm_xor_si128(load(p), _mm_cvtsi32_si128((int)crc)), load(p + 16), load(p + 32), load(p + 48)};
	for (p += 64, n -= 64; n >= 64; p += 64, n -= 64)
		for (size_t i = 0; i < 4; i++)
			v[i] = fold(v[i], by64, load(p + 16 * i));
	__m128i one = fold(fold(fold(v[0], by16, v[1]), by16, v[2]), by16, v[3]);
	for (; n; p += 16, n -= 16)
		one = fold(one, by16, load(p));
	return reduce(one);
}

uint32_t crc32_of(uint32_t crc, const void *p, size_t n)
{
	const uint8_t *bytes = p;
	size_t whole = n & ~(size_t)15;
	if (whole >= LEAST && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) {
		crc = ~crc32_folded(~crc, bytes, whole);
		bytes += whole;
		n -= whole;
	}
	return n ? (uint32_t)crc32_z(crc, bytes, n) : crc;
}
#else
uint32_t crc32_of(uint32_t crc, const void *p, size_t n)
{
	return n ? (uint32_t)crc32_z(crc, p, n) : crc;
}
#endif
