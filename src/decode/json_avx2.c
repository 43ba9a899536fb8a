#include "decode/json_parse.h"

#if defined __x86_64__
#include <immintrin.h>

#define JSON_PARSE json_parse_avx2
#define JSON_TARGET __attribute__((target("avx2,bmi")))
#define JSON_WIDTH 32

typedef __m256i vec;

static inline JSON_TARGET vec vec_load(const char *p)
{
	return _mm256_loadu_si256((const void *)p);
}

static inline JSON_TARGET void vec_store(char *p, vec v)
{
	_mm256_storeu_si256((void *)p, v);
}

/* Bit i: byte i is a quote, a backslash or a control character. */
static inline JSON_TARGET uint32_t vec_special(vec v)
{
	vec quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
	vec backslash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\'));
	vec control = _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);

	return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(quote, backslash), control));
}

/* Bit i: byte i of both is the same. */
static inline JSON_TARGET uint32_t key_bits(const char *p, const char *quoted)
{
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(vec_load(p), vec_load(quoted)));
}

#include "decode/json_hot.h"
#else
const char *json_parse_avx2(struct json_parse *j, const char *p)
{
	return json_parse_sse2(j, p);
}
#endif
