#ifndef BASE_STR_H
#define BASE_STR_H
/*
 * A str is a borrowed run of bytes: it owns nothing, need not end in NUL, and may hold any byte. The bytes live as
 * long as whoever lent them says. {NULL, 0} is "no value"; a str with p != NULL and n == 0 is the empty text.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){("" literal), sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})

/* For printf: printf("%.*s", STR_ARGS(s)). At most INT_MAX bytes. */
#define STR_ARGS(s) (int)((s).n), ((s).p ? (s).p : "")

struct str str_c(const char *text);			/* of a C string; NULL gives STR_NONE */
struct str str_n(const void *p, size_t n);
bool str_eq(struct str a, struct str b);		/* byte for byte */
bool str_eq_nocase(struct str a, struct str b);		/* ASCII letters fold */
bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
int str_cmp(struct str a, struct str b);		/* memcmp order, the shorter first */

/* Offset of the first place, or -1. */
ptrdiff_t str_find(struct str s, struct str needle);
ptrdiff_t str_find_byte(struct str s, char byte);

struct str str_trim(struct str s);			/* without ASCII white space at both ends */
struct str str_skip(struct str s, size_t n);		/* without its first n bytes (at most all) */
struct str str_head(struct str s, size_t n);		/* its first n bytes (at most all) */

/* Cuts *rest at the first `byte`: returns what stands before it and moves *rest behind it. Without one, returns all
 * of *rest and leaves STR_NONE. */
struct str str_cut(struct str *rest, char byte);

/* Decimal, the whole text, no sign for u64; 0 on success, ERR_FORMAT or ERR_RANGE. *out only on success. */
int str_to_u64(struct str s, uint64_t *out) __attribute__((warn_unused_result));
int str_to_i64(struct str s, int64_t *out) __attribute__((warn_unused_result));
/* A number as Sigma compares it: decimal with sign, fraction and exponent, or 0x hex. */
int str_to_double(struct str s, double *out) __attribute__((warn_unused_result));

static inline unsigned char ascii_lower(unsigned char c)
{
	return (unsigned char)((unsigned)c - 'A' < 26u ? c + 32 : c);
}

static inline bool ascii_is_digit(unsigned char c)
{
	return (unsigned)c - '0' < 10u;
}

static inline bool ascii_is_space(unsigned char c)
{
	return c == ' ' || (unsigned)c - '\t' < 5u;
}
#endif
