#include "correlate/tally.h"

#include <string.h>

#include "base/vec.h"

static size_t chunk(size_t n)
{
	size_t rounded = (n + 8 + 15) & ~(size_t)15;
	return n == 0 ? 0 : rounded < 32 ? 32 : rounded;
}

void *tally_resize(struct tally *t, void *p, size_t old, size_t size)
{
	t->now = t->now - chunk(old) + chunk(size);
	if (t->now > t->peak)
		t->peak = t->now;
	if (size)
		return mem_resize(p, size);
	vec_release(p);
	return NULL;
}

void *tally_zero(struct tally *t, size_t size)
{
	void *p = tally_resize(t, NULL, 0, size);
	if (size)
		memset(p, 0, size);
	return p;
}
