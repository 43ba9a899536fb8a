#include "input/sevenzip.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "input/sevenzip_parts.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE_BYTES 32u
#define ENCODED_MAX 4			/* directories packed in one another */
#define PROBE_BYTES (16u << 20)		/* of a member, to try a password */
#define PIECE_BYTES (64u << 10)

struct sevenzip {
	const struct sevenzip_input *input;
	struct sevenzip_header header;
	uint32_t next;			/* file */
	const struct sevenzip_file *file;
	uint64_t left;			/* of the member under way */
	uint32_t crc;
	bool failed;			/* the member, or all behind it in the folder */
	struct sevenzip_error error;
	struct sevenzip_pipe *pipe;
	uint32_t pipe_folder;
	/* the key made last */
	struct sevenzip_lock lock;
	size_t key_password;
	uint8_t key[32];
	bool has_key;
	size_t right_password;		/* the one that opened something: tried first */
	struct buf name;
};

static struct sevenzip_error error_of(const struct sevenzip *z, int err, bool encrypted)
{
	if (err == ERR_DENIED)
		return (struct sevenzip_error){true, STREAM_FAULT_LOCKED, z->input->password_count ?
			"it is encrypted with another password (--password-file)" :
			"it is encrypted: give its password with --password-file"};
	if (err == ERR_LIMIT)
		return (struct sevenzip_error){true, STREAM_FAULT_LIMIT, "it needs too much memory to unpack"};
	if (err == ERR_UNSUPPORTED)
		return (struct sevenzip_error){true, STREAM_FAULT_KIND, "it is packed by a method that is not read here"};
	if (err == ERR_IO)
		return (struct sevenzip_error){true, STREAM_FAULT_READ, "cannot be read"};
	return (struct sevenzip_error){true, STREAM_FAULT_ARCHIVE, encrypted ?
		"it is damaged, or its password is another one (--password-file)" : "its packed bytes are damaged or cut"};
}

/* --- passwords --- */

static const uint8_t *key_for(struct sevenzip *z, const struct sevenzip_lock *lock, size_t password)
{
	if (!z->has_key || z->key_password != password || z->lock.cycles != lock->cycles || z->lock.salt_n != lock->salt_n ||
	    memcmp(z->lock.salt, lock->salt, sizeof lock->salt) != 0)
		sevenzip_derive(lock, str_c(z->input->passwords[password]), z->key);
	z->has_key = true;
	z->key_password = password;
	z->lock = *lock;
	return z->key;
}

/* Does the folder's first stream unpack, and give its check sum where that is near? */
static int probe(const struct sevenzip *z, const struct sevenzip_folder *f, const struct sevenzip_stream *first, const uint8_t *key)
{
	uint8_t *p = mem_resize(NULL, PIECE_BYTES);
	struct sevenzip_pipe *pipe = NULL;
	uint64_t left = first->size < PROBE_BYTES ? first->size : PROBE_BYTES;
	uint32_t crc = 0;
	ptrdiff_t got = 0;
	int err = sevenzip_pipe_open(f, z->input, key, &pipe);

	while (!err && left) {
		got = sevenzip_pipe_read(pipe, p, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES);
		if (got <= 0) {
			err = got < 0 ? (int)got : ERR_FORMAT;
			break;
		}
		crc = crc32_of(crc, p, (size_t)got);
		left -= (uint64_t)got;
	}
	if (!err && first->has_crc && first->size <= PROBE_BYTES && crc != first->crc)
		err = ERR_FORMAT;
	sevenzip_pipe_close(pipe);
	free(p);
	return err;
}

/* Opens a folder, with the password that fits. ERR_DENIED: none does. */
static int open_folder(struct sevenzip *z, const struct sevenzip_folder *f, const struct sevenzip_stream *first,
		       struct sevenzip_pipe **out)
{
	struct sevenzip_lock lock;
	int err;

	if (!sevenzip_is_encrypted(f))
		return sevenzip_pipe_open(f, z->input, NULL, out);
	err = sevenzip_lock_of(f, &lock);
	if (err)
		return err;
	for (size_t i = 0; i < z->input->password_count; i++) {
		size_t which = (i + z->right_password) % z->input->password_count;
		const uint8_t *key = key_for(z, &lock, which);

		err = probe(z, f, first, key);
		if (err == ERR_LIMIT || err == ERR_UNSUPPORTED || err == ERR_IO)
			return err;
		if (err)
			continue;
		z->right_password = which;
		return sevenzip_pipe_open(f, z->input, key, out);
	}
	return ERR_DENIED;
}

/* --- the directory --- */

static uint64_t le(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static int read_exactly(const struct sevenzip_input *in, uint64_t at, void *p, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ptrdiff_t got = in->read_at(in->user, at + have, (char *)p + have, n - have);

		if (got <= 0)
			return got < 0 ? ERR_IO : ERR_FORMAT;
		have += (size_t)got;
	}
	return 0;
}

/* The directory as it stands behind the packed streams; the arena's. */
static int read_directory(struct sevenzip *z, struct str *out)
{
	uint8_t start[SIGNATURE_BYTES];
	uint64_t at, n;
	char *p;
	int err = read_exactly(z->input, 0, start, sizeof start);

	if (err)
		return err;
	at = le(start + 12, 8);
	n = le(start + 20, 8);
	*out = STR("");
	if (n == 0)
		return 0;
	if (crc32_of(0, start + 12, 20) != le(start + 8, 4) || n > z->input->size || at > z->input->size - n)
		return ERR_FORMAT;
	if (n > SEVENZIP_HEADER_MAX)
		return ERR_LIMIT;
	p = arena_bytes(z->header.arena, (size_t)n);
	err = read_exactly(z->input, at + SIGNATURE_BYTES, p, (size_t)n);
	*out = str_n(p, (size_t)n);
	return err ? err : crc32_of(0, p, (size_t)n) == le(start + 28, 4) ? 0 : ERR_FORMAT;
}

/* A directory that is packed itself, and perhaps encrypted. */
static int unpack_directory(struct sevenzip *z, struct str *out)
{
	const struct sevenzip_folder *f = &z->header.folders[0];
	struct sevenzip_stream all = {f->size, f->crc, f->has_crc};
	struct sevenzip_pipe *pipe = NULL;
	uint64_t have = 0;
	ptrdiff_t got = 1;
	char *p;
	int err = f->size > SEVENZIP_HEADER_MAX ? ERR_LIMIT : open_folder(z, f, &all, &pipe);

	if (err)
		return err;
	p = arena_bytes(z->header.arena, (size_t)f->size + 1);
	while (have < f->size && (got = sevenzip_pipe_read(pipe, p + have, (size_t)(f->size - have))) > 0)
		have += (uint64_t)got;
	sevenzip_pipe_close(pipe);
	*out = str_n(p, (size_t)have);
	if (have < f->size)
		return got < 0 ? (int)got : ERR_FORMAT;
	return f->has_crc && crc32_of(0, p, (size_t)have) != f->crc ? ERR_FORMAT : 0;
}

static int read_header(struct sevenzip *z)
{
	struct str bytes;
	int err = read_directory(z, &bytes);

	for (int i = 0; !err && bytes.n && i < ENCODED_MAX; i++) {
		err = sevenzip_parse(bytes, &z->header);
		if (err || !z->header.is_encoded)
			return err;
		err = unpack_directory(z, &bytes);
		z->header.folder_count = z->header.stream_count = 0;
	}
	return err ? err : bytes.n ? ERR_FORMAT : 0;
}

struct sevenzip *sevenzip_open(const struct sevenzip_input *input, struct sevenzip_error *error)
{
	struct sevenzip *z = mem_alloc(sizeof *z);
	int err;

	*error = (struct sevenzip_error){0};
	z->input = input;
	z->pipe_folder = UINT32_MAX;
	z->header.arena = arena_new(0);
	z->header.count_max = input->count_max;
	z->header.input_size = input->size;
	err = read_header(z);
	if (err == ERR_LIMIT)
		*error = (struct sevenzip_error){true, STREAM_FAULT_LIMIT, "its directory is too large, or has too many members"};
	else if (err == ERR_FORMAT)
		*error = (struct sevenzip_error){true, STREAM_FAULT_ARCHIVE, "its directory is damaged or cut"};
	else if (err)
		*error = error_of(z, err, false);
	if (err)
		z->header.file_count = 0;
	return z;
}

void sevenzip_close(struct sevenzip *z)
{
	if (!z)
		return;
	sevenzip_pipe_close(z->pipe);
	arena_free(z->header.arena);
	buf_free(&z->name);
	free(z);
}

/* PPMd's memory, LZMA's dictionary: the bytes behind its first property. */
static bool asks_too_much(const struct sevenzip_folder *f)
{
	for (uint32_t i = 0; i < f->coder_count; i++) {
		const struct sevenzip_coder *coder = &f->coders[i];

		if ((coder->method == SEVENZIP_PPMD || coder->method == SEVENZIP_LZMA) && coder->props.n == 5 &&
		    le((const uint8_t *)coder->props.p + 1, 4) > SEVENZIP_MEMORY_MAX)
			return true;
	}
	return false;
}

bool sevenzip_needs_other(const struct sevenzip *z)
{
	bool needs = false;

	for (uint32_t i = 0; i < z->header.folder_count; i++) {
		const struct sevenzip_folder *f = &z->header.folders[i];

		if (asks_too_much(f))
			return false;
		needs = needs || (!sevenzip_can_unpack(f) && !sevenzip_is_encrypted(f));
	}
	return needs;
}

/* --- members --- */

/* Windows' attributes; 7-Zip on Unix puts the mode into the upper half. */
#define ATTRIBUTE_FOLDER 0x10u
#define ATTRIBUTE_REPARSE 0x400u
#define ATTRIBUTE_UNIX 0x8000u
#define MODE_TYPE 0170000u
#define MODE_FILE 0100000u
#define MODE_FOLDER 0040000u
#define LINK_BYTES 65536u	/* what is longer is read as a file, whatever it is called */

static void begin_member(struct sevenzip *z)
{
	const struct sevenzip_file *f = z->file;
	int err;

	z->left = f->has_stream ? f->stream.size : 0;
	z->crc = 0;
	if (!f->has_stream)
		return;
	if (z->pipe_folder == f->folder)
		return;
	sevenzip_pipe_close(z->pipe);
	z->pipe = NULL;
	z->pipe_folder = f->folder;
	z->failed = false;
	err = open_folder(z, &z->header.folders[f->folder], &f->stream, &z->pipe);
	if (err) {
		z->failed = true;
		z->error = error_of(z, err, false);
	}
}

bool sevenzip_next(struct sevenzip *z, struct sevenzip_member *out)
{
	const struct sevenzip_file *f;
	struct sevenzip_error error;
	uint8_t *rest = NULL;
	unsigned mode;

	/* What is left of the one before stands in front of the next. */
	while (z->file && z->left && !z->failed) {
		rest = rest ? rest : mem_resize(NULL, PIECE_BYTES);
		if (sevenzip_read(z, rest, PIECE_BYTES, &error) <= 0)
			break;
	}
	free(rest);
	if (z->next == z->header.file_count)
		return false;
	f = z->file = &z->header.files[z->next++];
	begin_member(z);
	mode = f->attributes & ATTRIBUTE_UNIX ? f->attributes >> 16 & MODE_TYPE : 0;
	buf_clear(&z->name);
	buf_reserve(&z->name, UTF8_FROM_UTF16_MAX(f->name.n / 2));
	z->name.n = utf8_from_utf16((const uint8_t *)(f->name.p ? f->name.p : ""), f->name.n / 2, z->name.p);
	out->name = buf_get(&z->name);
	out->size = z->left;
	out->date = f->date;
	out->is_folder = !z->left && (f->is_folder || mode == MODE_FOLDER || (!mode && f->attributes & ATTRIBUTE_FOLDER));
	out->is_link = !out->is_folder && z->left <= LINK_BYTES &&
		       ((mode && mode != MODE_FILE) || f->attributes & ATTRIBUTE_REPARSE);
	return true;
}

static ptrdiff_t fail(struct sevenzip *z, int err, struct sevenzip_error *error)
{
	z->failed = true;
	z->error = error_of(z, err, sevenzip_is_encrypted(&z->header.folders[z->file->folder]));
	*error = z->error;
	return -1;
}

ptrdiff_t sevenzip_read(struct sevenzip *z, void *p, size_t n, struct sevenzip_error *error)
{
	const struct sevenzip_file *f = z->file;
	ptrdiff_t got;

	if (!f->has_stream || n == 0)
		return 0;
	if (z->failed) {
		*error = z->error;
		return -1;
	}
	if (z->left == 0 && f->stream.has_crc && z->crc != f->stream.crc) {
		/* Only this one: what is packed with it may be whole. */
		*error = error_of(z, ERR_FORMAT, sevenzip_is_encrypted(&z->header.folders[f->folder]));
		return -1;
	}
	if (z->left == 0)
		return 0;
	got = sevenzip_pipe_read(z->pipe, p, n < z->left ? n : (size_t)z->left);
	if (got <= 0)
		return fail(z, got < 0 ? (int)got : ERR_FORMAT, error);
	z->crc = crc32_of(z->crc, p, (size_t)got);
	z->left -= (uint64_t)got;
	return got;
}
