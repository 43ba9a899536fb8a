#ifndef BASE_VEC_H
#define BASE_VEC_H
/*
 * Growing arrays: VEC(int) v = {0}; *vec_add(&v) = 7; v.at[i]; v.n; vec_free(&v). Elements move when it grows.
 */
#include <stddef.h>

#define VEC(type) struct { type *at; size_t n, cap; }

/* Appends one cleared element and gives its address. */
#define vec_add(v) \
	((v)->at = vec_grow((v)->at, (v)->n, &(v)->cap, sizeof *(v)->at), &(v)->at[(v)->n++])
#define vec_clear(v) ((void)((v)->n = 0))
#define vec_free(v) (vec_release((v)->at), (v)->at = NULL, (v)->n = (v)->cap = 0)

/* Room for one more; the new element at [n] is cleared. Aborts when memory is out. */
void *vec_grow(void *at, size_t n, size_t *cap, size_t size);
void vec_release(void *at);

/* malloc and friends that abort when memory is out, for small things. */
void *mem_alloc(size_t n);		/* cleared */
void *mem_resize(void *p, size_t n);	/* not cleared behind the old size */
#endif
