#include "input/stream.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/vec.h"
#include "base/utf16.h"
#include "input/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES (64u << 10)
#define POLL_MS 200

/* One layer: a file, a decompressor or the conversion from UTF-16. The outermost is what callers hold. */
struct stream {
	ptrdiff_t (*read)(struct stream *s, char *p, size_t n);
	struct stream *under;		/* owned */
	const struct stream_env *env;
	ptrdiff_t ended;		/* 1: not yet; else what every further read returns */
	int errno_kept;
	const char *problem;
	char *peeked;
	size_t peeked_at, peeked_n;
	void *teed;			/* the tee's state: all bytes of this layer are shown to it */
	/* file */
	int fd;
	bool waits;			/* no regular file: poll before reading */
	bool is_file;
	int64_t date;
	uint64_t file_bytes;
	uint64_t taken, told;		/* read; of these counted in env->bytes */
	bool seeking;
	struct str bytes, all_bytes;
	size_t most_at_once;
	/* a member of an archive */
	struct stream_reader *reader;
	struct stream_budget *budget;
	enum stream_fault fault;
	/* decompressor: input from `under` in piece */
	const struct unpacker *unpacker;
	void *state;			/* of the member under way, or NULL */
	int failed;			/* met behind bytes that had to be given first */
	uint8_t *piece;
	size_t piece_at, piece_n;
	char packing[32];
	/* UTF-16 */
	struct utf16_reader utf16;
	struct buf text;
	size_t text_at;
};

static struct stream *new_layer(ptrdiff_t (*read_fn)(struct stream *, char *, size_t), struct stream *under)
{
	struct stream *s = mem_alloc(sizeof *s);

	s->read = read_fn;
	s->under = under;
	s->ended = 1;
	s->fd = -1;
	s->problem = "";
	s->date = TICKS_NONE;
	if (under) {
		s->env = under->env;
		s->date = under->date;
		s->is_file = under->is_file;
		s->file_bytes = under->file_bytes;
		s->budget = under->budget;
	}
	return s;
}

static void end_tee(struct stream *s);

void stream_close(struct stream *s)
{
	while (s) {
		struct stream *under = s->under;

		end_tee(s);
		if (s->state)
			s->unpacker->end(s->state);
		if (s->fd > STDIN_FILENO)
			close(s->fd);
		buf_free(&s->text);
		free(s->piece);
		free(s->peeked);
		free(s);
		s = under;
	}
}

/* --- reading a layer --- */

static ptrdiff_t end_with(struct stream *s, ptrdiff_t how, const char *problem)
{
	s->ended = how;
	s->errno_kept = errno;
	s->problem = problem;
	s->fault = how == ERR_IO ? STREAM_FAULT_READ : STREAM_FAULT_PACKED;
	return how;
}

/* Counts n bytes more that were unpacked; false where that is too much, and the stream is at its end. */
static bool spend(struct stream *s, ptrdiff_t n)
{
	bool spent = false;

	for (struct stream_budget *b = s->budget; b && n > 0; b = b->outer) {
		uint64_t most = b->packed > b->most / b->ratio ? b->most : b->free + b->packed * b->ratio;

		b->unpacked += (uint64_t)n;
		b->spent = b->spent || b->unpacked > (most < b->most ? most : b->most);
		spent = spent || b->spent;
	}
	if (spent) {
		end_with(s, ERR_LIMIT, "the archive unpacks to more than is allowed: a bomb?");
		s->fault = STREAM_FAULT_LIMIT;
	}
	return !spent;
}

static ptrdiff_t read_layer(struct stream *s, char *p, size_t n)
{
	ptrdiff_t got;

	if (s->ended <= 0) {
		errno = s->errno_kept;
		return s->ended;
	}
	got = s->read(s, p, n);
	s->taken += got > 0 ? (size_t)got : 0;
	if (s->teed && got > 0)
		s->env->tee->bytes(s->teed, str_n(p, (size_t)got));
	return got;
}

ptrdiff_t stream_read(struct stream *s, char *p, size_t n)
{
	size_t left = s->peeked_n - s->peeked_at;

	if (n == 0)
		return 0;
	if (left == 0)
		return read_layer(s, p, n);
	if (n > left)
		n = left;
	memcpy(p, s->peeked + s->peeked_at, n);
	s->peeked_at += n;
	return (ptrdiff_t)n;
}

size_t stream_fill(struct stream *s, char *p, size_t n, int *out_status)
{
	size_t have = 0;

	*out_status = 1;
	while (have < n) {
		ptrdiff_t got = stream_read(s, p + have, n - have);

		if (got <= 0) {
			*out_status = (int)got;
			break;
		}
		have += (size_t)got;
	}
	return have;
}

struct str stream_peek(struct stream *s)
{
	int status;

	if (!s->peeked) {
		s->peeked = mem_resize(NULL, STREAM_PEEK_MAX);
		s->peeked_n = 0;
		s->peeked_n = stream_fill(s, s->peeked, STREAM_PEEK_MAX, &status);
	}
	return str_n(s->peeked + s->peeked_at, s->peeked_n - s->peeked_at);
}

const char *stream_packing(const struct stream *s)
{
	while (s->under && !s->unpacker)
		s = s->under;
	return s->packing;
}

const char *stream_problem(const struct stream *s)
{
	return s->problem;
}

enum stream_fault stream_fault(const struct stream *s)
{
	return s->fault;
}

uint64_t stream_taken(const struct stream *s)
{
	while (s->under)
		s = s->under;
	return s->taken;
}

const struct stream_env *stream_env_of(const struct stream *s)
{
	return s->env;
}

int64_t stream_date(const struct stream *s)
{
	return s->date;
}

bool stream_is_file(const struct stream *s)
{
	return s->is_file;
}

uint64_t stream_file_bytes(const struct stream *s)
{
	return s->file_bytes;
}

static bool stopped(const struct stream *s)
{
	return s->env && s->env->stop && atomic_load_explicit(s->env->stop, memory_order_relaxed);
}

/* --- who else wants the bytes --- */

static void begin_tee(struct stream *s, const char *path, uint64_t size)
{
	struct tee_file file = {path, size, s->date, s->reader != NULL};

	if (s->env && s->env->tee)
		s->teed = s->env->tee->begin(s->env->tee->user, &file);
}

/* Shows what nobody has read, then says that this was all. */
static void end_tee(struct stream *s)
{
	char *p;

	if (!s->teed && !(s->reader && s->reader->whole))
		return;
	p = mem_resize(NULL, PIECE_BYTES);
	while (!stopped(s) && read_layer(s, p, PIECE_BYTES) > 0)
		;
	free(p);
	if (s->teed)
		s->env->tee->end(s->teed, s->ended == 0 && !stopped(s));
	s->teed = NULL;
}

/* --- files and pipes --- */

/* Waits until something can be read; false when the job was told to stop. */
static bool wait_for_input(const struct stream *s)
{
	struct pollfd p = {s->fd, POLLIN, 0};

	while (!stopped(s)) {
		int n = poll(&p, 1, POLL_MS);

		if (n > 0 || (n < 0 && errno != EINTR))
			return true;
	}
	return false;
}

static ptrdiff_t read_file(struct stream *s, char *p, size_t n)
{
	for (;;) {
		ssize_t got;

		if (s->waits && !wait_for_input(s))
			return end_with(s, 0, "interrupted");
		got = read(s->fd, p, n);
		if (got < 0 && (errno == EINTR || (errno == EAGAIN && s->waits)))
			continue;
		if (got < 0)
			return end_with(s, ERR_IO, "cannot be read");
		if (got == 0)
			return end_with(s, 0, "");
		if (!s->seeking)
			stream_told(s, s->told + (uint64_t)got);
		return got;
	}
}

void stream_told(struct stream *s, uint64_t upto)
{
	if (upto <= s->told)
		return;
	if (s->env && s->env->bytes)
		atomic_fetch_add_explicit(s->env->bytes, upto - s->told, memory_order_relaxed);
	s->told = upto;
}

bool stream_begin_seeking(struct stream *s)
{
	if (s->under || !(s->is_file || s->all_bytes.p))
		return false;
	/* Standard input may be a file that somebody has read a part of. */
	if (s->is_file && lseek(s->fd, 0, SEEK_CUR) != (off_t)s->taken)
		return false;
	end_tee(s);
	s->seeking = true;
	return stream_seek(s, 0) == 0;
}

int stream_seek(struct stream *s, uint64_t offset)
{
	free(s->peeked);
	s->peeked = NULL;
	s->peeked_at = s->peeked_n = 0;
	s->ended = 1;
	if (s->is_file)
		return lseek(s->fd, (off_t)offset, SEEK_SET) < 0 ? ERR_IO : 0;
	s->bytes = str_skip(s->all_bytes, offset);
	return 0;
}

/* A link where the walk found a file is none of ours; a named one that leads nowhere is an error. */
static int err_of_open(bool found)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return ERR_NOENT;
	if (errno == EACCES || errno == EPERM)
		return ERR_DENIED;
	return errno == ELOOP && found ? ERR_UNSUPPORTED : ERR_IO;
}

static int open_path(struct stream *s, const char *path, bool found)
{
	struct stat st;

	if (!found && !strcmp(path, "-"))
		s->fd = STDIN_FILENO;
	else	/* O_NONBLOCK: a FIFO that nobody writes to must not hang us here */
		s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (found ? O_NOFOLLOW : 0));
	if (s->fd < 0)
		return err_of_open(found);
	if (fstat(s->fd, &st) < 0)
		return ERR_IO;
	s->is_file = S_ISREG(st.st_mode);
	s->waits = !s->is_file;
	if (found && !s->is_file)
		return ERR_UNSUPPORTED;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return ERR_IO;
	}
	if (!s->is_file)
		return 0;
	s->file_bytes = (uint64_t)st.st_size;
	s->date = (int64_t)st.st_mtim.tv_sec * TICKS_PER_SECOND + st.st_mtim.tv_nsec / 100;
	return 0;
}

/* --- bytes in memory --- */

static ptrdiff_t read_bytes(struct stream *s, char *p, size_t n)
{
	if (n > s->most_at_once)
		n = s->most_at_once;
	if (n > s->bytes.n)
		n = s->bytes.n;
	if (n == 0)
		return end_with(s, 0, "");
	memcpy(p, s->bytes.p, n);
	s->bytes = str_skip(s->bytes, n);
	return (ptrdiff_t)n;
}

/* --- a member of an archive --- */

static ptrdiff_t read_reader(struct stream *s, char *p, size_t n)
{
	ptrdiff_t got = stopped(s) ? 0 : s->reader->read(s->reader, p, n);

	if (got > 0)
		return spend(s, got) ? got : s->ended;
	end_with(s, got, got < 0 ? s->reader->problem : "");
	if (got < 0)
		s->fault = s->reader->fault;
	return got;
}

/* --- decompressors --- */

/* Gets input until `need` bytes are there or the layer below ends. */
static void refill(struct stream *s, size_t need)
{
	int status;

	if (s->piece_n - s->piece_at >= need)
		return;
	memmove(s->piece, s->piece + s->piece_at, s->piece_n - s->piece_at);
	s->piece_n -= s->piece_at;
	s->piece_at = 0;
	if (need > 1) {
		s->piece_n += stream_fill(s->under, (char *)s->piece + s->piece_n, need - s->piece_n, &status);
	} else {
		ptrdiff_t got = stream_read(s->under, (char *)s->piece + s->piece_n, PIECE_BYTES - s->piece_n);

		s->piece_n += got > 0 ? (size_t)got : 0;
	}
}

static bool only_zeros(struct stream *s)
{
	for (;;) {
		while (s->piece_at < s->piece_n) {
			if (s->piece[s->piece_at++])
				return false;
		}
		refill(s, 1);
		if (s->piece_at == s->piece_n)
			return true;
	}
}

/* The input ended where no member is under way: well, unless reading it failed. */
static ptrdiff_t end_of_input(struct stream *s)
{
	if (s->under->ended < 0) {
		errno = s->under->errno_kept;
		end_with(s, s->under->ended, s->under->problem);
		s->fault = s->under->fault;
		return s->ended;
	}
	return end_with(s, 0, "");
}

/* Begins the next member. 1: go on; else the stream is at its end. Zeros behind the last member are padding. */
static ptrdiff_t begin_member(struct stream *s)
{
	struct str head;

	refill(s, UNPACK_HEAD);
	head = str_n(s->piece + s->piece_at, s->piece_n - s->piece_at);
	if (head.n == 0)
		return end_of_input(s);
	if (head.p[0] == 0)
		return only_zeros(s) ? end_of_input(s) : end_with(s, ERR_FORMAT, "other bytes follow the compressed ones");
	if (!s->unpacker->starts(head))
		return end_with(s, ERR_FORMAT, "other bytes follow the compressed ones");
	s->state = s->unpacker->begin();
	return s->state ? 1 : end_with(s, ERR_LIMIT, "no memory to unpack it");
}

static void end_member(struct stream *s)
{
	s->unpacker->end(s->state);
	s->state = NULL;
}

static ptrdiff_t unpack_failed(struct stream *s, int err)
{
	if (s->state)
		end_member(s);
	return end_with(s, err, err == ERR_LIMIT ? "it needs too much memory to unpack" : "the compressed bytes are damaged");
}

/* One step of the member under way; returns bytes written, 0 to go on, or an error. */
static ptrdiff_t step_member(struct stream *s, char *p, size_t n)
{
	struct unpack_io io = {s->piece + s->piece_at, s->piece_n - s->piece_at, (uint8_t *)p, n};
	size_t had = io.in_n;
	int result = s->unpacker->step(s->state, &io);

	s->piece_at += had - io.in_n;
	if (result == 1)
		end_member(s);
	/* What was unpacked before the damage is given first. */
	if (result < 0 || (had && io.in_n == had && io.out_n == n))
		s->failed = result < 0 ? result : ERR_FORMAT;
	return (ptrdiff_t)(n - io.out_n);
}

static ptrdiff_t cut_short(struct stream *s)
{
	end_member(s);
	if (s->under->ended < 0)
		return end_of_input(s);
	return end_with(s, ERR_FORMAT, "the compressed bytes end too early");
}

static ptrdiff_t read_unpacked(struct stream *s, char *p, size_t n)
{
	for (;;) {
		ptrdiff_t got;

		if (s->failed)
			return unpack_failed(s, s->failed);
		if (!s->state) {
			got = begin_member(s);
			if (got <= 0)
				return got;
		}
		got = step_member(s, p, n);
		if (got != 0)
			return spend(s, got) ? got : s->ended;
		if (s->failed || !s->state || s->piece_at < s->piece_n)
			continue;
		refill(s, 1);
		if (s->piece_at == s->piece_n)
			return cut_short(s);
	}
}

static struct stream *unpack_layer(struct stream *under, const struct unpacker *unpacker)
{
	struct stream *s = new_layer(read_unpacked, under);
	struct buf b = {0};

	s->unpacker = unpacker;
	s->piece = mem_alloc(PIECE_BYTES);
	buf_text(&b, unpacker->name);
	if (under->unpacker) {
		buf_text(&b, " in ");
		buf_text(&b, under->packing);
	}
	memcpy(s->packing, b.p, b.n < sizeof s->packing ? b.n : sizeof s->packing - 1);
	buf_free(&b);
	return s;
}

/* --- UTF-16 --- */

static ptrdiff_t read_utf16(struct stream *s, char *p, size_t n)
{
	while (s->text_at == s->text.n) {
		ptrdiff_t got = stream_read(s->under, (char *)s->piece, PIECE_BYTES);

		buf_clear(&s->text);
		s->text_at = 0;
		if (got > 0) {
			utf16_add(&s->utf16, str_n(s->piece, (size_t)got), false, &s->text);
			continue;
		}
		utf16_add(&s->utf16, STR(""), true, &s->text);
		end_of_input(s);
		if (s->text.n == 0)
			return s->ended;
		break;
	}
	if (n > s->text.n - s->text_at)
		n = s->text.n - s->text_at;
	memcpy(p, s->text.p + s->text_at, n);
	s->text_at += n;
	if (s->ended <= 0 && s->text_at < s->text.n)
		s->ended = 1;	/* the last bytes do not fit: come again */
	return (ptrdiff_t)n;
}

static struct stream *utf16_layer(struct stream *under, bool big_endian)
{
	struct stream *s = new_layer(read_utf16, under);

	s->utf16.big_endian = big_endian;
	s->piece = mem_alloc(PIECE_BYTES);
	return s;
}

/* --- opening --- */

static struct stream *add_layers(struct stream *s)
{
	bool big_endian;

	for (int i = 0; i < STREAM_LAYERS_MAX; i++) {
		const struct unpacker *unpacker = unpack_sniff(stream_peek(s));

		if (!unpacker)
			break;
		s = unpack_layer(s, unpacker);
	}
	if (utf16_is_marked(stream_peek(s), &big_endian))
		s = utf16_layer(s, big_endian);
	return s;
}

int stream_open(const char *path, bool found, const struct stream_env *env, struct stream **out)
{
	struct stream *s = new_layer(read_file, NULL);
	int err;

	s->env = env;
	err = open_path(s, path, found);
	if (err) {
		int kept = errno;

		stream_close(s);
		errno = kept;
		return err;
	}
	begin_tee(s, path, s->is_file ? s->file_bytes : TEE_SIZE_UNKNOWN);
	*out = add_layers(s);
	return 0;
}

struct stream *stream_of_bytes(struct str bytes, size_t most_at_once)
{
	struct stream *s = new_layer(read_bytes, NULL);

	s->bytes = s->all_bytes = str_n(bytes.p ? bytes.p : "", bytes.n);
	s->file_bytes = bytes.n;
	s->most_at_once = most_at_once ? most_at_once : 1;
	return add_layers(s);
}

struct stream *stream_of_reader(struct stream_reader *r, const struct stream_env *env)
{
	struct stream *s = new_layer(read_reader, NULL);

	s->env = env;
	s->reader = r;
	s->budget = r->budget;
	s->date = r->date;
	begin_tee(s, r->path, r->size);
	return add_layers(s);
}
