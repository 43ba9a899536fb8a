#include "decode/json_parse.h"

#define JSON_PARSE json_parse_sse2
#define JSON_TARGET
#define JSON_WIDTH 16

#if defined __x86_64__
#include <emmintrin.h>

typedef __m128i vec;

static inline vec vec_load(const char *p)
{
	return _mm_loadu_si128((const void *)p);
}

static inline void vec_store(char *p, vec v)
{
	_mm_storeu_si128((void *)p, v);
}

static inline uint32_t vec_special(vec v)
{
	vec quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
	vec backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
	vec control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);

	return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control));
}

static inline uint32_t key_bits(const char *p, const char *quoted)
{
	uint32_t low = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(vec_load(p), vec_load(quoted)));
	uint32_t high = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(vec_load(p + 16), vec_load(quoted + 16)));

	return low | high << 16;
}
#else
#include <string.h>

/* Any other machine: the same bits, byte by byte. */
typedef struct { char bytes[16]; } vec;

static inline vec vec_load(const char *p)
{
	vec v;

	memcpy(v.bytes, p, sizeof v.bytes);
	return v;
}

static inline void vec_store(char *p, vec v)
{
	memcpy(p, v.bytes, sizeof v.bytes);
}

static inline uint32_t vec_special(vec v)
{
	uint32_t bits = 0;

	for (int i = 0; i < 16; i++)
		bits |= (uint32_t)(v.bytes[i] == '"' || v.bytes[i] == '\\' || (unsigned char)v.bytes[i] < 0x20) << i;
	return bits;
}

static inline uint32_t key_bits(const char *p, const char *quoted)
{
	uint32_t bits = 0;

	for (int i = 0; i < 32; i++)
		bits |= (uint32_t)(p[i] == quoted[i]) << i;
	return bits;
}
#endif

#include "decode/json_hot.h"
