#ifndef BASE_HASH_H
#define BASE_HASH_H
/*
 * Hashes. hash64 is fast and seeded (not against an attacker who knows the seed); SHA-256 is GnuTLS's; CRC-32 is the
 * IEEE one that EVTX uses, equal to zlib's.
 */
#include "base/str.h"

uint64_t hash64(const void *p, size_t n, uint64_t seed);
static inline uint64_t hash_str(struct str s) { return hash64(s.p, s.n, 0); }

#define SHA256_SIZE 32
struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *h, const void *p, size_t n);
void sha256_end(struct sha256 *h, uint8_t out[SHA256_SIZE]);	/* frees h */
void sha256_of(const void *p, size_t n, uint8_t out[SHA256_SIZE]);

/* crc of the bytes appended to those that gave `crc`; begin with 0. */
uint32_t crc32_of(uint32_t crc, const void *p, size_t n);
#endif
