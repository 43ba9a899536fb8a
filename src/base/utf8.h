#ifndef BASE_UTF8_H
#define BASE_UTF8_H
/*
 * UTF-8 and UTF-16LE text, and simple case folding (Unicode CaseFolding.txt, statuses C and S: one code point to one).
 * Bad bytes never stop a conversion: they become U+FFFD.
 */
#include "base/buf.h"

#define UTF8_REPLACEMENT 0xFFFDu

/* Decodes one code point at s[0..n), n > 0; *out_size is the bytes it took (1 for a bad byte, which gives U+FFFD). */
uint32_t utf8_decode(const char *s, size_t n, size_t *out_size);
size_t utf8_encode(uint32_t code_point, char out[4]);
bool utf8_is_valid(struct str s);
bool utf8_is_ascii(struct str s);

/* UTF-16LE to UTF-8. `out` must have room for UTF8_FROM_UTF16_MAX(units) bytes; returns bytes written. Unpaired
 * surrogates become U+FFFD. ASCII runs take a vector path. */
#define UTF8_FROM_UTF16_MAX(units) ((units) * 3 + 16)
size_t utf8_from_utf16(const uint8_t *units, size_t unit_count, char *out);

uint32_t unicode_fold(uint32_t code_point);
/* The folded copy of s; `out` must have room for UTF8_FOLD_MAX(s.n) bytes (bad bytes grow to three). Returns bytes
 * written; the result is always valid UTF-8, so it never holds the byte 0xFF. ASCII runs take a vector path. */
#define UTF8_FOLD_MAX(n) ((n) * 3 + 16)
size_t utf8_fold(struct str s, char *out);
/* The same from UTF-16LE in one pass: equal to utf8_fold(utf8_from_utf16(...)). Room: UTF8_FROM_UTF16_MAX. */
size_t utf8_fold_utf16(const uint8_t *units, size_t unit_count, char *out);
/* Appends s with every bad byte replaced. */
void buf_utf8(struct buf *b, struct str s);
#endif
