#include "base/vec.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(size_t n)
{
	fprintf(stderr, "truc: out of memory (%zu bytes)\n", n);
	abort();
}

void *mem_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);
	if (!p)
		out_of_memory(n);
	return p;
}

void *mem_resize(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);
	if (!q)
		out_of_memory(n);
	return q;
}

void *vec_grow(void *at, size_t n, size_t *cap, size_t size)
{
	if (n == *cap) {
		size_t want = *cap ? *cap * 2 : 8, bytes;
		if (__builtin_mul_overflow(want, size, &bytes))
			out_of_memory(SIZE_MAX);
		at = mem_resize(at, bytes);
		*cap = want;
	}
	memset((char *)at + n * size, 0, size);
	return at;
}

void vec_release(void *at)
{
	free(at);
}
