#include "correlate/exact.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* A double is m * 2^(e - 1074) with m below 2^53 and e in 0..2045: m reaches over at most three limbs from limb e / 32. */
#define LIMBS_MAX 72u
#define LIMB_MASK INT64_C(0xffffffff)
#define UNSETTLED_MAX (1u << 30)

void exact_free(struct tally *t, struct exact *e)
{
	tally_resize(t, e->limbs, e->n * sizeof *e->limbs, 0);
	*e = (struct exact){0};
}

/* Makes limbs[low .. high] exist. */
static void widen(struct tally *t, struct exact *e, unsigned low, unsigned high)
{
	unsigned from = e->n && e->low < low ? e->low : low, end = e->n && e->low + e->n > high + 1 ? e->low + e->n : high + 1u;
	unsigned n = end - from, shift = e->n ? e->low - from : 0;

	assert(end <= LIMBS_MAX);
	if (n == e->n)
		return;
	e->limbs = tally_resize(t, e->limbs, e->n * sizeof *e->limbs, n * sizeof *e->limbs);
	memmove(e->limbs + shift, e->limbs, e->n * sizeof *e->limbs);
	memset(e->limbs, 0, shift * sizeof *e->limbs);
	memset(e->limbs + shift + e->n, 0, (n - shift - e->n) * sizeof *e->limbs);
	e->low = (uint16_t)from;
	e->n = (uint16_t)n;
}

/* Moves carries up, so that all limbs but the highest are 0..2^32-1; the highest bears the sign. */
static void settle(int64_t *limbs, unsigned n)
{
	for (unsigned i = 0; i + 1 < n; i++) {
		int64_t carry = limbs[i] >> 32;
		limbs[i] &= LIMB_MASK;
		limbs[i + 1] += carry;
	}
}

void exact_add(struct tally *t, struct exact *e, double x)
{
	uint64_t bits;

	assert(isfinite(x));
	memcpy(&bits, &x, sizeof bits);
	unsigned power = bits >> 52 & 0x7ff;
	uint64_t m = bits & ((UINT64_C(1) << 52) - 1);
	if (power)
		m |= UINT64_C(1) << 52;
	else
		power = 1;
	if (m == 0)
		return;
	unsigned at = (power - 1) / 32;
	widen(t, e, at, at + 2);
	unsigned __int128 wide = (unsigned __int128)m << ((power - 1) % 32);
	int64_t sign = bits >> 63 ? -1 : 1, *limb = e->limbs + (at - e->low);
	for (unsigned i = 0; i < 3; i++)
		limb[i] += sign * (int64_t)((uint64_t)(wide >> (32 * i)) & LIMB_MASK);
	if (++e->unsettled == UNSETTLED_MAX) {
		widen(t, e, e->low, e->low + e->n);
		settle(e->limbs, e->n);
		e->unsettled = 0;
	}
}

double exact_value(const struct exact *e)
{
	int64_t limbs[LIMBS_MAX + 4] = {0}, *at = limbs + 2;	/* two empty limbs below, so that three can always be read */
	unsigned n = e->n + 2u;
	bool negative, rest = false;

	if (e->n)
		memcpy(at, e->limbs, e->n * sizeof *at);
	settle(at, n);
	negative = at[n - 1] < 0;
	for (unsigned i = 0; negative && i < n; i++)
		at[i] = -at[i];
	if (negative)
		settle(at, n);
	while (n && at[n - 1] == 0)
		n--;
	if (n == 0)
		return 0;
	for (int i = 0; i < (int)n - 3; i++)
		rest |= at[i] != 0;
	const int64_t *top = at + n - 3;
	unsigned __int128 m = (unsigned __int128)(uint64_t)top[2] << 64 | (uint64_t)top[1] << 32 | (uint64_t)top[0];
	/* More than 64 bits before the last: the bit that says that something follows cannot be rounded into the result. */
	double x = ldexp((double)(m | rest), 32 * (e->low + (int)n - 3) - 1074);
	return negative ? -x : x;
}
