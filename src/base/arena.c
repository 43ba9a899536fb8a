#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

#define ARENA_BLOCK_BYTES ((size_t)64 << 10)
#define ARENA_ALIGN ((size_t)16)

struct block {
	struct block *next;
	size_t cap, used;
	alignas(16) char bytes[];
};

struct arena {
	struct block *newest;
	size_t block_bytes;
	size_t older_used;	/* bytes used in all but the newest block */
};

static struct block *block_new(size_t cap)
{
	struct block *b = malloc(sizeof *b + cap);
	if (!b) {
		fprintf(stderr, "truc: out of memory (%zu bytes)\n", cap);
		abort();
	}
	b->next = NULL;
	b->cap = cap;
	b->used = 0;
	return b;
}

struct arena *arena_new(size_t block_bytes)
{
	struct arena *a = mem_alloc(sizeof *a);
	a->block_bytes = block_bytes ? block_bytes : ARENA_BLOCK_BYTES;
	a->newest = block_new(a->block_bytes);
	return a;
}

static void blocks_free(struct block *b)
{
	while (b) {
		struct block *next = b->next;
		free(b);
		b = next;
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	blocks_free(a->newest);
	free(a);
}

/* Keeps the largest block, so that a steady load allocates nothing; one far over the usual size is not kept for ever. */
void arena_reset(struct arena *a)
{
	struct block *keep = a->newest;
	size_t most = a->block_bytes * 64;
	for (struct block *b = a->newest->next; b; b = b->next)
		if (keep->cap > most || (b->cap > keep->cap && b->cap <= most))
			keep = b;
	for (struct block *b = a->newest; b;) {
		struct block *next = b->next;
		if (b != keep)
			free(b);
		b = next;
	}
	keep->next = NULL;
	keep->used = 0;
	a->newest = keep;
	a->older_used = 0;
}

static void *take(struct arena *a, size_t n, size_t align)
{
	struct block *b = a->newest;
	size_t at = (b->used + align - 1) & ~(align - 1);
	if (at <= b->cap && b->cap - at >= n) {
		b->used = at + n;
		return b->bytes + at;
	}
	assert(n < SIZE_MAX / 4);
	size_t cap = a->block_bytes;
	if (n > cap / 4)
		cap = n + a->block_bytes;
	struct block *fresh = block_new(cap);
	a->older_used += b->used;
	fresh->next = b;
	fresh->used = n;
	a->newest = fresh;
	return fresh->bytes;
}

void *arena_alloc(struct arena *a, size_t n)
{
	return take(a, n, ARENA_ALIGN);
}

void *arena_zero(struct arena *a, size_t n)
{
	void *p = take(a, n, ARENA_ALIGN);
	if (n)
		memset(p, 0, n);
	return p;
}

char *arena_bytes(struct arena *a, size_t n)
{
	return take(a, n, 1);
}

void arena_trim(struct arena *a, void *p, size_t n, size_t used)
{
	struct block *b = a->newest;
	assert(used <= n);
	if ((char *)p + n == b->bytes + b->used)
		b->used -= n - used;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = arena_bytes(a, s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){p, s.n};
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(n >= 0);
	char *p = arena_bytes(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, format, again);
	va_end(again);
	return (struct str){p, (size_t)n};
}

size_t arena_used(const struct arena *a)
{
	return a->older_used + a->newest->used;
}
