#ifndef BASE_BUF_H
#define BASE_BUF_H
/*
 * A buf is an owned, growing run of bytes. Zero-initialise it; buf_free gives the memory back and leaves it usable.
 * Growing aborts when memory is out: what comes from outside is bounded before it gets here.
 */
#include "base/str.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
};

void buf_free(struct buf *b);
static inline void buf_clear(struct buf *b) { b->n = 0; }
void buf_reserve(struct buf *b, size_t more);		/* room for `more` bytes behind n */
void buf_put(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_text(struct buf *b, const char *text);
void buf_byte(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t v);		/* decimal */
void buf_i64(struct buf *b, int64_t v);
void buf_hex(struct buf *b, const void *p, size_t n, bool upper);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline struct str buf_get(const struct buf *b) { return (struct str){b->p ? b->p : "", b->n}; }
#endif
