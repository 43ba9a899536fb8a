#ifndef BASE_UTF16_H
#define BASE_UTF16_H
/*
 * Text inputs in UTF-16 (PowerShell's redirections, Windows exports). They are told by their byte order mark, and
 * whoever reads the input converts the stream to UTF-8 before it cuts blocks; no decoder sees UTF-16. decode_sniff does
 * the same to the head it is given, so it may be called on the bytes as they stand in the file.
 */
#include "base/buf.h"

/* True where head begins with FF FE or FE FF (and is not UTF-32LE's FF FE 00 00). */
bool utf16_is_marked(struct str head, bool *out_big_endian);

/* A conversion under way: begin with {.big_endian = ...}. Owns nothing. */
struct utf16_reader {
	bool big_endian;
	bool started;			/* the mark at the front was passed over */
	uint8_t kept_count;
	uint8_t kept[4];		/* the bytes of a code point that is not complete yet */
};

/*
 * Appends the UTF-8 of the stream's next bytes to *out, without the mark. Cutting the stream elsewhere gives the same
 * text. Unpaired surrogates and, at the `end`, an odd byte become U+FFFD.
 */
void utf16_add(struct utf16_reader *u, struct str bytes, bool end, struct buf *out);
#endif
