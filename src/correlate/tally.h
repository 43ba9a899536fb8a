#ifndef CORRELATE_TALLY_H
#define CORRELATE_TALLY_H
/*
 * Memory that is counted: what one correlation holds, as malloc rounds it (glibc: 8 bytes of its own, steps of 16, at least
 * 32), so that the limit in bytes is one of memory and not of payload.
 */
#include <stddef.h>

struct tally {
	size_t now, peak;
};

/* realloc from `old` bytes to `size`, counted; size 0 frees and returns NULL. Aborts when memory is out. Not cleared. */
void *tally_resize(struct tally *t, void *p, size_t old, size_t size);
void *tally_zero(struct tally *t, size_t size);
#endif
