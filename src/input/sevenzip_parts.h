#ifndef INPUT_SEVENZIP_PARTS_H
#define INPUT_SEVENZIP_PARTS_H
/*
 * Inside of sevenzip: sevenzip_header.c reads a directory's bytes, sevenzip_unpack.c unpacks a folder, sevenzip.c joins them.
 */
#include "base/arena.h"
#include "input/sevenzip.h"

enum sevenzip_method {
	SEVENZIP_COPY = 0x00, SEVENZIP_DELTA = 0x03, SEVENZIP_X86 = 0x04, SEVENZIP_POWERPC = 0x05, SEVENZIP_IA64 = 0x06,
	SEVENZIP_ARM = 0x07, SEVENZIP_ARMTHUMB = 0x08, SEVENZIP_SPARC = 0x09, SEVENZIP_LZMA2 = 0x21,
	SEVENZIP_LZMA = 0x030101, SEVENZIP_BCJ_X86 = 0x03030103, SEVENZIP_DEFLATE = 0x040108, SEVENZIP_BZIP2 = 0x040202,
	SEVENZIP_AES = 0x06F10701, SEVENZIP_PPMD = 0x030401,
};

struct sevenzip_coder {
	uint64_t method;
	struct str props;
	uint64_t size;			/* of what it gives */
};

struct sevenzip_folder {
	struct sevenzip_coder *coders;	/* in order: the first takes the packed bytes */
	uint32_t coder_count;
	uint32_t streams;		/* members in it */
	bool is_chain;			/* else it is packed in a way that is not done here */
	bool has_crc;
	uint32_t crc;
	uint64_t at, packed, size;
};

struct sevenzip_stream { uint64_t size; uint32_t crc; bool has_crc; };

struct sevenzip_file {
	struct str name;		/* UTF-16LE */
	int64_t date;
	uint32_t attributes, folder;
	struct sevenzip_stream stream;
	bool has_stream, is_folder;
};

struct sevenzip_header {
	struct arena *arena;
	uint64_t count_max, input_size;
	struct sevenzip_folder *folders;
	uint32_t folder_count, stream_count, file_count;
	struct sevenzip_stream *streams;
	struct sevenzip_file *files;
	bool is_encoded;		/* the folder holds the directory itself */
};

/* Texts borrow from `bytes`. 0; ERR_FORMAT; ERR_LIMIT: more members than count_max. */
int sevenzip_parse(struct str bytes, struct sevenzip_header *h) __attribute__((warn_unused_result));

bool sevenzip_can_unpack(const struct sevenzip_folder *f);
bool sevenzip_is_encrypted(const struct sevenzip_folder *f);

/* Salt and rounds of an encrypted folder. ERR_UNSUPPORTED */
struct sevenzip_lock { uint8_t salt[16], iv[16]; size_t salt_n; unsigned cycles; };
int sevenzip_lock_of(const struct sevenzip_folder *f, struct sevenzip_lock *out) __attribute__((warn_unused_result));
void sevenzip_derive(const struct sevenzip_lock *lock, struct str password, uint8_t out_key[32]);

struct sevenzip_pipe;
/* key: where it is encrypted. ERR_LIMIT, ERR_UNSUPPORTED, ERR_FORMAT. */
int sevenzip_pipe_open(const struct sevenzip_folder *f, const struct sevenzip_input *input, const uint8_t *key,
		       struct sevenzip_pipe **out) __attribute__((warn_unused_result));
/* 1 to n bytes; 0 at the folder's end; ERR_FORMAT, ERR_LIMIT, ERR_IO. */
ptrdiff_t sevenzip_pipe_read(struct sevenzip_pipe *pipe, void *p, size_t n);
void sevenzip_pipe_close(struct sevenzip_pipe *pipe);
#endif
