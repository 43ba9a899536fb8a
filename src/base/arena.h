#ifndef BASE_ARENA_H
#define BASE_ARENA_H
/*
 * An arena hands out memory that is freed all at once: one for a generation (a rule set), one for each worker's batch.
 * Blocks are 16-byte aligned and not cleared. It aborts when memory is out; its users bound what they ask for.
 */
#include "base/str.h"

struct arena;

struct arena *arena_new(size_t block_bytes);	/* 0: 64 KiB blocks */
void arena_free(struct arena *a);		/* NULL is fine */
void arena_reset(struct arena *a);		/* all memory is void; the largest block is kept for the next round */
void *arena_alloc(struct arena *a, size_t n);
void *arena_zero(struct arena *a, size_t n);	/* cleared */
char *arena_bytes(struct arena *a, size_t n);	/* not aligned: for text */
/* Gives back the end of the newest block handed out: `p` was asked for with n bytes and only `used` are needed. */
void arena_trim(struct arena *a, void *p, size_t n, size_t used);
struct str arena_str(struct arena *a, struct str s);	/* a copy, followed by a NUL that is not counted */
struct str arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
size_t arena_used(const struct arena *a);	/* bytes handed out since the last reset */

#define ARENA_NEW(a, type) ((type *)arena_zero((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_zero((a), sizeof(type) * (count)))
#endif
