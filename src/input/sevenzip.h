#ifndef INPUT_SEVENZIP_H
#define INPUT_SEVENZIP_H
/*
 * 7-Zip archives, from 7zFormat.txt of the LZMA SDK: the directory is read whole, then the members' bytes folder by folder (a
 * folder is what was packed together). Copy, LZMA, LZMA2, Deflate, BZip2, Delta, the filters for machine code, and AES-256.
 * libarchive reads 7-Zip archives too, but neither encrypted ones nor within bounds: 1,739 hostile bytes took 7.8 GiB.
 * It still does those with PPMd or BCJ2, behind the bounds of this one's look at the directory.
 */
#include "input/stream.h"

#define SEVENZIP_HEADER_MAX (64u << 20)		/* bytes of a directory, unpacked */
#define SEVENZIP_MEMORY_MAX (512ull << 20)	/* that a decompressor may ask for: its dictionary */
#define SEVENZIP_CODERS_MAX 8u			/* one behind another */
#define SEVENZIP_CYCLES_MAX 24u			/* 2^n rounds make a key of a password; 7-Zip has 19 */

struct sevenzip;

struct sevenzip_input {
	/* As pread: n bytes, fewer at the end; negative: it could not be read. */
	ptrdiff_t (*read_at)(void *user, uint64_t at, void *p, size_t n);
	void *user;
	uint64_t size;
	const char *const *passwords;
	size_t password_count;
	uint64_t count_max;			/* members */
};

struct sevenzip_error {
	bool is_set;
	enum stream_fault fault;
	const char *problem;			/* static */
};

struct sevenzip_member {
	struct str name;			/* UTF-8; lives until the next call */
	uint64_t size;
	int64_t date;				/* TICKS_NONE */
	bool is_folder, is_link;
};

/* Never NULL; the input outlives it. What is wrong is in *error, and then there are no members. */
struct sevenzip *sevenzip_open(const struct sevenzip_input *input, struct sevenzip_error *error);
void sevenzip_close(struct sevenzip *z);
bool sevenzip_needs_other(const struct sevenzip *z);	/* packed, in part, by a method that only libarchive does */
/* The next member; false: there are no more. */
bool sevenzip_next(struct sevenzip *z, struct sevenzip_member *out);
/* Bytes of the member; 0: its end; -1: *error. The members behind one that fails may fail as well. */
ptrdiff_t sevenzip_read(struct sevenzip *z, void *p, size_t n, struct sevenzip_error *error);
#endif
