#include "input/members.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "input/sevenzip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIECE_BYTES (64u << 10)
#define RETRIES_MAX 16

const struct members_limits members_limits = {
	.depth = MEMBERS_DEPTH_MAX, .count = MEMBERS_COUNT_MAX, .free_bytes = MEMBERS_FREE_BYTES, .ratio = MEMBERS_RATIO_MAX,
	.bytes = MEMBERS_BYTES_MAX, .directory = MEMBERS_DIRECTORY_MAX, .held = MEMBERS_HELD_MAX,
};

struct members {
	enum members_kind kind;
	const struct members_options *options;
	const struct members_limits *limits;
	struct members *outer;
	unsigned depth;			/* 1: not in another */
	struct stream_budget budget;
	/* Of the outermost: counts for all that are in it. */
	uint64_t count;
	size_t held_bytes;

	/* what libarchive reads */
	struct stream *in;
	uint64_t at;
	uint8_t *piece;
	struct buf held;		/* the stream's first bytes, or all */
	bool seeks, held_all, streamed;
	bool begun;			/* the first member was met: the directory has been read */
	bool over_directory;
	uint64_t directory;
	bool input_failed;		/* reading the archive itself did, by input_fault and input_problem */
	enum stream_fault input_fault;
	const char *input_problem;
	struct archive *a;
	struct archive_entry *entry;
	struct sevenzip *seven;		/* or our own reader */
	struct sevenzip_input seven_input;

	/* the member under way */
	struct stream_reader reader;
	const char *block;
	size_t block_n;
	uint64_t block_at, data_at;
	bool locked;
	uint64_t index;			/* members that were met */
	unsigned reopened;
	bool broken;			/* libarchive gave up */
	bool ended, told_end;

	struct buf path;
	size_t path_n;			/* of the archive's own */
	char problem[200];
};

static void fail(struct members *m, enum stream_fault fault, const char *problem);

/* --- which kind --- */

static uint64_t octal(const char *p, size_t n)
{
	uint64_t value = 0;
	size_t i = 0;

	while (i < n && p[i] == ' ')
		i++;
	if (i == n || p[i] < '0' || p[i] > '7')
		return UINT64_MAX;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		value = value * 8 + (uint64_t)(p[i] - '0');
	return i < n && p[i] != ' ' && p[i] != '\0' ? UINT64_MAX : value;
}

/* POSIX ustar: the sum of the header's bytes, its own field (148 to 155) taken as spaces; some old tars summed signed ones. */
static bool is_tar(struct str h)
{
	uint64_t sum = 0, said;
	int64_t sum_signed = 0;

	if (h.n < 512 || !h.p[0])
		return false;
	said = octal(h.p + 148, 8);
	for (size_t i = 0; i < 512; i++) {
		char c = i >= 148 && i < 156 ? ' ' : h.p[i];

		sum += (unsigned char)c;
		sum_signed += (signed char)c;
	}
	return said == sum || (int64_t)said == sum_signed;
}

enum members_kind members_sniff(struct str head)
{
	if (str_starts(head, STR("PK\3\4")) || str_starts(head, STR("PK\5\6")) || str_starts(head, STR("PK00PK\3\4")) ||
	    str_starts(head, STR("PK\7\10PK\3\4")))
		return MEMBERS_ZIP;
	if (str_starts(head, STR("7z\xBC\xAF\x27\x1C")))
		return MEMBERS_7Z;
	return is_tar(head) ? MEMBERS_TAR : MEMBERS_NONE;
}

const char *members_kind_name(enum members_kind kind)
{
	static const char *const names[] = {"", "ZIP archive", "7-Zip archive", "tar archive"};

	return names[kind];
}

void members_show_name(struct str name, struct buf *out)
{
	char escaped[8];

	name = str_head(name, MEMBERS_NAME_MAX);
	while (name.n) {
		size_t size;
		uint32_t c = utf8_decode(name.p, name.n, &size);

		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c == UTF8_REPLACEMENT && size == 1)) {
			for (size_t i = 0; i < size; i++) {
				snprintf(escaped, sizeof escaped, "\\x%02x", (unsigned)(unsigned char)name.p[i]);
				buf_text(out, escaped);
			}
		} else {
			buf_put(out, name.p, size);
		}
		name = str_skip(name, size);
	}
}

static void set_path(struct members *m, struct str name)
{
	m->path.n = m->path_n;
	if (name.p) {
		/* "tar c ." writes "./a" for "a". */
		if (str_starts(name, STR("./")) && name.n > 2)
			name = str_skip(name, 2);
		buf_text(&m->path, "!/");
		members_show_name(name, &m->path);
	}
	buf_byte(&m->path, '\0');
}

/* --- what libarchive reads --- */

static struct members *outermost(struct members *m)
{
	while (m->outer)
		m = m->outer;
	return m;
}

/* The bounds grow with what the archive is seen to hold. */
static void set_packed(struct members *m)
{
	uint64_t taken = stream_taken(m->in), file = stream_file_bytes(m->in);

	m->budget.packed = taken > file ? taken : file;
}

static la_ssize_t give_held(struct members *m, const void **out)
{
	size_t n = m->held.n - m->at;

	*out = m->held.p + m->at;
	return n < PIECE_BYTES ? (la_ssize_t)n : (la_ssize_t)PIECE_BYTES;
}

static void note_failure(struct members *m)
{
	m->input_failed = true;
	m->input_fault = stream_fault(m->in);
	m->input_problem = stream_problem(m->in);
}

/* A reading error is the end to libarchive, so that it gives what came before; end_of_archive() tells of it. */
static la_ssize_t give(struct archive *a, void *user, const void **out)
{
	struct members *m = user;
	la_ssize_t got = 0;
	int status = 1;

	if (m->at < m->held.n) {
		got = give_held(m, out);
	} else if (!m->held_all) {
		/* Whole pieces: libarchive's ZIP reader goes wrong over very short ones. */
		*out = m->piece;
		got = (la_ssize_t)stream_fill(m->in, (char *)m->piece, PIECE_BYTES, &status);
		set_packed(m);
	}
	if (status < 0)
		note_failure(m);
	if (got == 0)
		return 0;
	m->at += (uint64_t)got;
	m->directory += (uint64_t)got;
	if (!m->begun && m->directory > m->limits->directory) {
		m->over_directory = true;
		archive_set_error(a, ENOMEM, "too large");
		return ARCHIVE_FATAL;
	}
	if (m->begun && m->seeks)
		stream_told(m->in, m->at);
	return got;
}

static uint64_t size_of_input(const struct members *m)
{
	return m->held_all ? m->held.n : stream_file_bytes(m->in);
}

static la_int64_t seek(struct archive *a, void *user, la_int64_t offset, int whence)
{
	struct members *m = user;
	la_int64_t from = whence == SEEK_CUR ? (la_int64_t)m->at : whence == SEEK_END ? (la_int64_t)size_of_input(m) : 0;

	(void)a;
	if (__builtin_add_overflow(from, offset, &from) || from < 0 || from > (la_int64_t)size_of_input(m))
		return ARCHIVE_FATAL;
	if (!m->held_all && stream_seek(m->in, (uint64_t)from))
		return ARCHIVE_FATAL;
	m->at = (uint64_t)from;
	return from;
}

/* Keeps the stream's bytes in memory, as far as the bound allows. */
static void hold(struct members *m)
{
	struct members *all = outermost(m);
	int status = 1;

	while (status > 0 && all->held_bytes + PIECE_BYTES <= m->limits->held) {
		size_t got;

		buf_reserve(&m->held, PIECE_BYTES);
		got = stream_fill(m->in, m->held.p + m->held.n, PIECE_BYTES, &status);
		m->held.n += got;
		all->held_bytes += got;
	}
	m->held_all = status <= 0;
	if (status < 0)
		note_failure(m);
	set_packed(m);
}

static void set_formats(struct members *m, bool streamed)
{
	if (m->kind == MEMBERS_TAR)
		archive_read_support_format_tar(m->a);
	if (m->kind == MEMBERS_7Z)
		archive_read_support_format_7zip(m->a);
	if (m->kind == MEMBERS_ZIP && !streamed)
		archive_read_support_format_zip_seekable(m->a);
	if (m->kind == MEMBERS_ZIP)
		archive_read_support_format_zip_streamable(m->a);
}

/* Begins at the archive's first byte; streamed: from front to back, without its directory. */
static void begin(struct members *m, bool streamed)
{
	bool can_seek = m->seeks || m->held_all;

	archive_read_free(m->a);
	m->a = archive_read_new();
	if (!m->a)
		abort();
	m->streamed = streamed;
	m->broken = m->begun = false;
	m->directory = 0;
	m->block_n = 0;
	set_formats(m, streamed);
	for (size_t i = 0; i < m->options->password_count; i++)
		archive_read_add_passphrase(m->a, m->options->passwords[i]);
	if (can_seek)
		(void)seek(NULL, m, 0, SEEK_SET);
	if (can_seek && !streamed)
		archive_read_set_seek_callback(m->a, seek);
	m->ended = archive_read_open(m->a, m, NULL, give, NULL) < ARCHIVE_WARN;
}

/* --- 7-Zip, by our own reader --- */

static ptrdiff_t read_at(void *user, uint64_t at, void *p, size_t n)
{
	struct members *m = user;
	const struct stream_env *env = stream_env_of(m->in);
	size_t got;
	int status;

	if (env && env->stop && atomic_load_explicit(env->stop, memory_order_relaxed))
		return 0;
	if (m->held_all) {
		struct str rest = str_head(str_skip(buf_get(&m->held), at), n);

		memcpy(p, rest.p, rest.n);
		return (ptrdiff_t)rest.n;
	}
	if (stream_seek(m->in, at))
		return ERR_IO;
	got = stream_fill(m->in, p, n, &status);
	if (status < 0)
		note_failure(m);
	if (m->begun)
		stream_told(m->in, at + got);
	return got ? (ptrdiff_t)got : status;
}

/* What it cannot unpack is left to libarchive, its directory having been found in order. */
static void begin_7z(struct members *m)
{
	struct sevenzip_error error;

	m->seven_input = (struct sevenzip_input){
		.read_at = read_at, .user = m, .size = size_of_input(m), .passwords = m->options->passwords,
		.password_count = m->options->password_count, .count_max = m->limits->count,
	};
	m->seven = sevenzip_open(&m->seven_input, &error);
	if (error.is_set)
		fail(m, error.fault, error.problem);
	if (error.is_set || !sevenzip_needs_other(m->seven))
		return;
	sevenzip_close(m->seven);
	m->seven = NULL;
	begin(m, false);
}

static ptrdiff_t read_7z(struct stream_reader *r, char *p, size_t n)
{
	struct members *m = (struct members *)((char *)r - offsetof(struct members, reader));
	struct sevenzip_error error;
	ptrdiff_t got = sevenzip_read(m->seven, p, n, &error);

	if (got >= 0)
		return got;
	r->fault = m->input_failed ? m->input_fault : error.fault;
	r->problem = m->input_failed ? m->input_problem : error.problem;
	return r->fault == STREAM_FAULT_READ ? ERR_IO : ERR_FORMAT;
}

static void set_budget(struct members *m)
{
	m->budget = (struct stream_budget){
		.outer = m->outer ? &m->outer->budget : NULL, .free = m->limits->free_bytes, .ratio = m->limits->ratio,
		.most = m->limits->bytes,
	};
}

struct members *members_open(struct stream *in, enum members_kind kind, const char *path, struct members *outer,
			     const struct members_options *options)
{
	struct members *m = mem_alloc(sizeof *m);

	m->kind = kind;
	m->options = options;
	m->limits = options->limits ? options->limits : &members_limits;
	m->outer = outer;
	m->depth = outer ? outer->depth + 1 : 1;
	m->in = in;
	m->piece = mem_alloc(PIECE_BYTES);
	buf_text(&m->path, path);
	m->path_n = m->path.n;
	set_path(m, STR_NONE);
	set_budget(m);
	set_packed(m);
	if (m->depth > m->limits->depth) {
		fail(m, STREAM_FAULT_LIMIT, "too many archives inside one another");
		return m;
	}
	if (kind != MEMBERS_TAR)
		m->seeks = stream_begin_seeking(in);
	if (kind != MEMBERS_TAR && !m->seeks)
		hold(m);
	if (kind == MEMBERS_7Z && !m->seeks && !m->held_all)
		fail(m, STREAM_FAULT_LIMIT, "it is too large to be held in memory: unpack it first");
	else if (kind == MEMBERS_7Z)
		begin_7z(m);
	else
		begin(m, kind == MEMBERS_ZIP && !m->seeks && !m->held_all);
	return m;
}

void members_close(struct members *m)
{
	if (!m)
		return;
	outermost(m)->held_bytes -= m->held.n;
	archive_read_free(m->a);
	sevenzip_close(m->seven);
	if (m->seeks)
		stream_told(m->in, stream_file_bytes(m->in));
	stream_close(m->in);
	buf_free(&m->held);
	buf_free(&m->path);
	free(m->piece);
	free(m);
}

/* --- a member's bytes --- */

static bool says(const struct members *m, const char *word)
{
	const char *text = archive_error_string(m->a);

	return text && strstr(text, word);
}

/* What libarchive's last error means. Its texts are fixed by test_members.c. */
static enum stream_fault fault_of(const struct members *m)
{
	if (m->over_directory)
		return STREAM_FAULT_LIMIT;
	if (says(m, "assphrase") || says(m, "rypt"))
		return STREAM_FAULT_LOCKED;
	if (says(m, "nsupported") || says(m, "not supported"))
		return STREAM_FAULT_KIND;
	return STREAM_FAULT_ARCHIVE;
}

static const char *problem_of(struct members *m, enum stream_fault fault)
{
	const char *text = archive_error_string(m->a);
	struct buf b = {0};

	if (m->over_directory)
		return "its directory is too large";
	if (fault == STREAM_FAULT_LOCKED && m->kind == MEMBERS_7Z)
		return "it is encrypted: unpack it first";
	if (fault == STREAM_FAULT_LOCKED)
		return m->options->password_count ? "it is encrypted with another password (--password-file)" :
						    "it is encrypted: give its password with --password-file";
	if (m->locked)
		return "it is damaged, or its password is another one (--password-file)";
	buf_printf(&b, "%s, at byte %llu of the archive", text ? text : "damaged", (unsigned long long)m->at);
	buf_byte(&b, '\0');
	snprintf(m->problem, sizeof m->problem, "%s", b.p);
	buf_free(&b);
	return m->problem;
}

static ptrdiff_t data_failed(struct members *m, int result)
{
	m->broken = result == ARCHIVE_FATAL;
	m->reader.fault = m->input_failed ? m->input_fault : fault_of(m);
	m->reader.problem = m->input_failed ? m->input_problem : problem_of(m, m->reader.fault);
	return m->reader.fault == STREAM_FAULT_READ ? ERR_IO : ERR_FORMAT;
}

/* 1: there are more bytes; 0: the end; else the error of the stream. */
static ptrdiff_t next_block(struct members *m)
{
	for (int i = 0; i < RETRIES_MAX; i++) {
		const void *p;
		la_int64_t at;
		size_t n;
		int result = archive_read_data_block(m->a, &p, &n, &at);

		if (result == ARCHIVE_EOF)
			return 0;
		if (result == ARCHIVE_RETRY || (result == ARCHIVE_OK && n == 0))
			continue;
		/* Blocks of a sparse file come in order; what does not is damaged. */
		if (result != ARCHIVE_OK || at < 0 || (uint64_t)at < m->data_at)
			return data_failed(m, result);
		m->block = p;
		m->block_n = n;
		m->block_at = (uint64_t)at;
		return 1;
	}
	return data_failed(m, ARCHIVE_FATAL);
}

static ptrdiff_t read_member(struct stream_reader *r, char *p, size_t n)
{
	struct members *m = (struct members *)((char *)r - offsetof(struct members, reader));
	ptrdiff_t got;

	if (m->block_n == 0) {
		got = next_block(m);
		if (got <= 0)
			return got;
	}
	if (m->block_at > m->data_at) {		/* a hole of a sparse file */
		n = m->block_at - m->data_at < n ? (size_t)(m->block_at - m->data_at) : n;
		memset(p, 0, n);
		m->data_at += n;
		return (ptrdiff_t)n;
	}
	n = m->block_n < n ? m->block_n : n;
	memcpy(p, m->block, n);
	m->block += n;
	m->block_n -= n;
	m->block_at += n;
	m->data_at += n;
	return (ptrdiff_t)n;
}

/* --- from member to member --- */

static locale_t utf8_locale;

static void make_locale(void)
{
	tzset();	/* before libarchive's mktime() does, in several threads */
	utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* libarchive turns names into the locale's encoding: UTF-8 in this thread, whatever the user's is. */
static int next_header(struct members *m)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	locale_t kept;
	int result;

	pthread_once(&once, make_locale);
	kept = utf8_locale ? uselocale(utf8_locale) : (locale_t)0;
	do
		result = archive_read_next_header(m->a, &m->entry);
	while (result == ARCHIVE_RETRY);
	if (result == ARCHIVE_OK || result == ARCHIVE_WARN)
		set_path(m, archive_entry_pathname(m->entry) ? str_c(archive_entry_pathname(m->entry)) : STR("?"));
	if (kept)
		uselocale(kept);
	return result;
}

static int64_t date_of(struct archive_entry *e)
{
	int64_t seconds = archive_entry_mtime(e);

	/* Years 1601 to 9999. */
	if (!archive_entry_mtime_is_set(e) || seconds < -11644473600 || seconds > 253402300799)
		return TICKS_NONE;
	return seconds * TICKS_PER_SECOND + archive_entry_mtime_nsec(e) / 100;
}

/* NULL: a regular file. */
static const char *special_kind(struct archive_entry *e)
{
	if (archive_entry_hardlink(e))
		return "a link to another member";
	switch (archive_entry_filetype(e)) {
	case AE_IFREG: case 0: return NULL;
	case AE_IFLNK: return "a symbolic link";
	case AE_IFCHR: case AE_IFBLK: return "a device";
	default: return "a pipe or socket";
	}
}

static void open_member(struct members *m, struct members_item *out, uint64_t size, int64_t date)
{
	m->block_n = 0;
	m->data_at = 0;
	m->locked = m->entry && archive_entry_is_encrypted(m->entry) > 0;
	m->reader = (struct stream_reader){
		.read = m->seven ? read_7z : read_member, .problem = "", .path = m->path.p, .date = date, .size = size,
		.budget = &m->budget,
		/* What is passed over has to be unpacked here: within our bounds. */
		.whole = m->kind == MEMBERS_7Z || (m->kind == MEMBERS_ZIP && m->streamed),
	};
	out->stream = stream_of_reader(&m->reader, stream_env_of(m->in));
}

static uint64_t size_of(struct archive_entry *e)
{
	return archive_entry_size_is_set(e) && archive_entry_size(e) >= 0 ? (uint64_t)archive_entry_size(e) : TEE_SIZE_UNKNOWN;
}

static enum members_found tell(struct members *m, struct members_item *out, enum stream_fault fault, const char *problem)
{
	out->path = m->path.p;
	out->fault = fault;
	out->problem = problem;
	return MEMBERS_FAILED;
}

static void fail(struct members *m, enum stream_fault fault, const char *problem)
{
	m->ended = true;
	m->reader.fault = fault;
	m->reader.problem = problem;
}

/* A ZIP's directory leads past a damaged member: begin anew, and go behind it. */
static int go_on_behind(struct members *m)
{
	int result = ARCHIVE_FATAL;

	if (m->kind != MEMBERS_ZIP || m->streamed || m->reopened++ == MEMBERS_REOPENED_MAX)
		return result;
	begin(m, false);
	for (uint64_t i = 0; i <= m->index && !m->ended; i++) {
		result = next_header(m);
		if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
			break;
		m->begun = true;
	}
	return result;
}

/* The next member's header, over damage where that can be. */
static int step(struct members *m)
{
	int result;

	if (m->broken)
		return go_on_behind(m);
	result = next_header(m);
	if (result >= ARCHIVE_WARN || m->begun || m->kind != MEMBERS_ZIP || m->streamed || m->over_directory)
		return result;
	/* The directory cannot be read: look for members from the front. */
	begin(m, true);
	return m->ended ? ARCHIVE_FATAL : next_header(m);
}

static enum members_found end_of_archive(struct members *m, struct members_item *out, int result)
{
	m->ended = m->told_end = true;
	set_path(m, STR_NONE);
	if (m->budget.spent && !(m->outer && m->outer->budget.spent))
		return tell(m, out, STREAM_FAULT_LIMIT, "it unpacks to more than is allowed: a bomb? The rest is not read");
	if (m->budget.spent)
		return MEMBERS_END;
	if (m->input_failed)
		return tell(m, out, m->input_fault, m->input_problem);
	if (result == ARCHIVE_EOF)
		return MEMBERS_END;
	m->locked = false;
	return tell(m, out, fault_of(m), problem_of(m, fault_of(m)));
}

/* The whole archive could not be begun, or its end was told before. */
static enum members_found at_end(struct members *m, struct members_item *out)
{
	if (m->told_end)
		return MEMBERS_END;
	m->told_end = true;
	set_path(m, STR_NONE);
	if (!m->reader.problem)
		fail(m, STREAM_FAULT_ARCHIVE, "it cannot be read as an archive");
	return tell(m, out, m->reader.fault, m->reader.problem);
}

/* One more of all that are in the input. */
static bool is_too_many(struct members *m)
{
	if (outermost(m)->count++ < m->limits->count)
		return false;
	m->told_end = m->ended = true;
	return true;
}

static enum members_found next_of_7z(struct members *m, struct members_item *out)
{
	struct sevenzip_member member;

	while (sevenzip_next(m->seven, &member)) {
		m->begun = true;
		set_path(m, member.name);
		if (is_too_many(m))
			return tell(m, out, STREAM_FAULT_LIMIT, "too many members");
		if (member.is_folder)
			continue;
		out->path = m->path.p;
		if (!member.is_link)
			open_member(m, out, member.size, member.date);
		else
			out->problem = "a link";
		return member.is_link ? MEMBERS_LINK : MEMBERS_FILE;
	}
	return end_of_archive(m, out, ARCHIVE_EOF);
}

static enum members_found next_of_libarchive(struct members *m, struct members_item *out)
{
	for (;;) {
		int result = step(m);
		const char *special;

		if (result == ARCHIVE_EOF || result < ARCHIVE_WARN)
			return end_of_archive(m, out, result);
		m->begun = true;
		m->index++;
		if (is_too_many(m))
			return tell(m, out, STREAM_FAULT_LIMIT, "too many members");
		if (archive_entry_filetype(m->entry) == AE_IFDIR)
			continue;
		special = special_kind(m->entry);
		out->path = m->path.p;
		if (!special)
			open_member(m, out, size_of(m->entry), date_of(m->entry));
		else
			out->problem = special;
		return special ? MEMBERS_LINK : MEMBERS_FILE;
	}
}

enum members_found members_next(struct members *m, struct members_item *out)
{
	*out = (struct members_item){0};
	if (m->ended)
		return at_end(m, out);
	if (m->budget.spent)
		return end_of_archive(m, out, ARCHIVE_EOF);
	return m->seven ? next_of_7z(m, out) : next_of_libarchive(m, out);
}
