#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/vec.h"
#include "input/members.h"

/* --- making archives --- */

struct packed {
	const char *name;
	struct str bytes;
	unsigned type;			/* AE_IFLNK...; 0: a regular file */
};

struct format {
	const char *name;
	int (*set)(struct archive *a);
	const char *options;
	enum members_kind kind;
};

static const struct format formats[] = {
	{"zip", archive_write_set_format_zip, "compression=deflate", MEMBERS_ZIP},
	{"zip, stored", archive_write_set_format_zip, "compression=store", MEMBERS_ZIP},
	{"7z", archive_write_set_format_7zip, "compression=lzma2", MEMBERS_7Z},
	{"7z, LZMA1", archive_write_set_format_7zip, "compression=lzma1", MEMBERS_7Z},
	{"7z, deflate", archive_write_set_format_7zip, "compression=deflate", MEMBERS_7Z},
	{"7z, bzip2", archive_write_set_format_7zip, "compression=bzip2", MEMBERS_7Z},
	{"7z, PPMd", archive_write_set_format_7zip, "compression=ppmd", MEMBERS_7Z},
	{"7z, stored", archive_write_set_format_7zip, "compression=store", MEMBERS_7Z},
	{"ustar", archive_write_set_format_ustar, NULL, MEMBERS_TAR},
	{"pax", archive_write_set_format_pax, NULL, MEMBERS_TAR},
	{"gnutar", archive_write_set_format_gnutar, NULL, MEMBERS_TAR},
	{"v7tar", archive_write_set_format_v7tar, NULL, MEMBERS_TAR},
};
#define FORMATS (sizeof formats / sizeof formats[0])

#define ROOM (24u << 20)

static void add_entry(struct archive *a, const struct packed *p)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_copy_pathname(e, p->name);
	archive_entry_set_filetype(e, p->type ? p->type : AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_mtime(e, 1700000000, 0);
	archive_entry_set_size(e, (la_int64_t)p->bytes.n);
	if (p->type == AE_IFLNK) {
		archive_entry_copy_symlink(e, "/etc/passwd");
		archive_entry_set_size(e, 0);
	}
	if (archive_write_header(a, e) != ARCHIVE_OK)
		fail_msg("%s: %s", p->name, archive_error_string(a));
	if (p->bytes.n)
		assert_int_equal(p->bytes.n, archive_write_data(a, p->bytes.p, p->bytes.n));
	archive_entry_free(e);
}

static struct str make(const struct format *f, const char *options, const char *password, const struct packed *p, size_t n)
{
	struct archive *a = archive_write_new();
	char *out = mem_alloc(ROOM);
	size_t used = 0;

	assert_int_equal(ARCHIVE_OK, f->set(a));
	if (f->options)
		assert_int_equal(ARCHIVE_OK, archive_write_set_options(a, f->options));
	if (options)
		assert_int_equal(ARCHIVE_OK, archive_write_set_options(a, options));
	if (password)
		assert_int_equal(ARCHIVE_OK, archive_write_set_passphrase(a, password));
	archive_write_set_bytes_in_last_block(a, 1);
	assert_int_equal(ARCHIVE_OK, archive_write_open_memory(a, out, ROOM, &used));
	for (size_t i = 0; i < n; i++)
		add_entry(a, &p[i]);
	assert_int_equal(ARCHIVE_OK, archive_write_close(a));
	archive_write_free(a);
	return str_n(out, used);
}

static void drop(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

#define TEXT_BYTES 200000u
static char text[TEXT_BYTES];
static char nothing[TEXT_BYTES];

static void make_text(void)
{
	uint32_t seed = 7;

	for (size_t i = 0; i < sizeof text; i++) {
		seed = seed * 1664525u + 1013904223u;
		text[i] = i % 80 == 79 ? '\n' : (char)('a' + (seed >> 24) % 8);
	}
}

/* --- reading: what comes out, as text --- */

struct reading {
	struct members_options options;
	size_t most_at_once;		/* of the archive's own bytes */
	size_t piece;			/* of a member's */
	bool leave;			/* members are not read to their end */
	struct buf *out;
	unsigned files, failed, links;
	uint64_t bytes;
	enum stream_fault last;
	char problem[200];
};

static void read_archive(struct reading *r, struct stream *in, const char *path, struct members *outer);

static void note_failure(struct reading *r, const char *path, enum stream_fault fault, const char *problem)
{
	r->failed++;
	r->last = fault;
	snprintf(r->problem, sizeof r->problem, "%s", problem);
	buf_printf(r->out, "%s: fault %d\n", path, (int)fault);
}

static void read_bytes(struct reading *r, struct stream *s, const char *path)
{
	char *p = mem_alloc(r->piece);
	uint64_t all = 0, sum = 0;
	ptrdiff_t got = 0;

	while (!(r->leave && all) && (got = stream_read(s, p, r->piece)) > 0) {
		for (ptrdiff_t i = 0; i < got; i++)
			sum = sum * 31 + (unsigned char)p[i];
		all += (uint64_t)got;
	}
	r->bytes += all;
	if (!r->leave)
		buf_printf(r->out, "%s: %llu bytes, sum %llx, date %lld\n", path, (unsigned long long)all,
			   (unsigned long long)sum, (long long)(stream_date(s) / TICKS_PER_SECOND));
	if (got < 0)
		note_failure(r, path, stream_fault(s), stream_problem(s));
	free(p);
}

static void read_archive(struct reading *r, struct stream *in, const char *path, struct members *outer)
{
	struct members *m = members_open(in, members_sniff(stream_peek(in)), path, outer, &r->options);
	struct members_item item;
	enum members_found found;

	while ((found = members_next(m, &item)) != MEMBERS_END) {
		char *kept = mem_alloc(strlen(item.path) + 1);

		memcpy(kept, item.path, strlen(item.path));
		if (found == MEMBERS_LINK) {
			r->links++;
			buf_printf(r->out, "%s: %s\n", kept, item.problem);
		} else if (found == MEMBERS_FAILED) {
			note_failure(r, kept, item.fault, item.problem);
		} else if (members_sniff(stream_peek(item.stream)) != MEMBERS_NONE) {
			read_archive(r, item.stream, kept, m);
		} else {
			r->files++;
			read_bytes(r, item.stream, kept);
			stream_close(item.stream);
		}
		free(kept);
	}
	assert_int_equal(MEMBERS_END, members_next(m, &item));
	members_close(m);
}

static struct buf read_as(struct reading *r, struct str bytes)
{
	struct buf out = {0};

	r->out = &out;
	r->files = r->failed = r->links = 0;
	r->bytes = 0;
	r->piece = r->piece ? r->piece : 5000;
	read_archive(r, stream_of_bytes(bytes, r->most_at_once ? r->most_at_once : 3000), "a", NULL);
	buf_byte(&out, '\0');
	return out;
}

static void expect(const char *row, struct reading *r, struct str bytes, const char *want)
{
	struct buf out = read_as(r, bytes);

	if (strcmp(out.p, want) != 0)
		fail_msg("%s gives\n%sand not\n%s(%s)", row, out.p, want, r->problem);
	buf_free(&out);
}

/* --- the tests --- */

static const struct packed two[] = {{"logs/b.log", {"hello\n", 6}, 0}, {"a.log", {"hello again\n", 12}, 0}};

static void every_format(void **state)
{
	struct packed p[] = {{"logs/b.log", str_n(text, sizeof text), 0}, {"empty", {"", 0}, 0}, {"a.log", str_n(text, 100), 0}};
	struct buf first = {0};

	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		struct str bytes = make(&formats[i], NULL, NULL, p, 3);

		assert_int_equal(formats[i].kind, members_sniff(bytes));
		for (size_t most = 1; most < 1u << 20; most = most * 50 + 11) {
			struct reading r = {.most_at_once = most, .piece = 1 + most / 2};
			struct buf out = read_as(&r, bytes);

			if (r.files != 3 || r.failed)
				fail_msg("%s: %u files, %u failed: %s", formats[i].name, r.files, r.failed, r.problem);
			/* 7z keeps what is empty behind the others. */
			if (!first.n)
				buf_put(&first, out.p, out.n);
			if (formats[i].kind != MEMBERS_7Z && strcmp(first.p, out.p) != 0)
				fail_msg("%s gives\n%sand not\n%s", formats[i].name, out.p, first.p);
			assert_int_equal(sizeof text + 100, r.bytes);
			buf_free(&out);
			r.leave = true;
			out = read_as(&r, bytes);
			if (r.files != 3 || r.failed)
				fail_msg("%s, left: %u files, %u failed: %s", formats[i].name, r.files, r.failed, r.problem);
			buf_free(&out);
		}
		drop(bytes);
	}
	buf_free(&first);
}

static void nested(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		struct packed p[] = {{"x", STR("innermost\n"), 0}};
		struct str bytes = make(&formats[i], NULL, NULL, p, 1);

		for (unsigned depth = 2; depth <= MEMBERS_DEPTH_MAX + 1; depth++) {
			struct str inner = bytes;
			struct reading r = {0};
			struct buf out;

			p[0] = (struct packed){"in", inner, 0};
			bytes = make(&formats[(i + depth) % FORMATS], NULL, NULL, p, 1);
			out = read_as(&r, bytes);
			if (depth <= MEMBERS_DEPTH_MAX ? r.failed || r.bytes != 10 || !strstr(out.p, "!/in!/x: 10 bytes")
						       : r.failed != 1 || r.last != STREAM_FAULT_LIMIT)
				fail_msg("%s %u deep: %s", formats[i].name, depth, out.p);
			buf_free(&out);
			drop(inner);
		}
		drop(bytes);
	}
}

/* Cut or changed anywhere: it ends, is said, and what stands before is there. */
static void damaged(void **state)
{
	struct packed p[] = {{"first", STR("in front of the damage\n"), 0}, {"long", str_n(text, 30000), 0},
			     {"last", STR("behind it\n"), 0}};

	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		struct str bytes = make(&formats[i], NULL, NULL, p, 3);
		char *at = (char *)(uintptr_t)bytes.p;

		for (size_t n = 600; n < bytes.n - (formats[i].kind == MEMBERS_TAR ? 1024 : 0); n += bytes.n / 25) {
			struct reading r = {0};
			struct buf out = read_as(&r, str_head(bytes, n));

			/* A ZIP without the end of its directory has lost nothing. */
			if (!r.failed && r.bytes != 30033)
				fail_msg("%s cut at %zu of %zu: nothing is said\n%s", formats[i].name, n, bytes.n, out.p);
			if (formats[i].kind != MEMBERS_7Z && n > 3000 && !strstr(out.p, "a!/first: 23 bytes"))
				fail_msg("%s cut at %zu: not what stands before\n%s", formats[i].name, n, out.p);
			buf_free(&out);
		}
		for (size_t n = 0; n < bytes.n; n += 1 + bytes.n / 150) {
			struct reading r = {0};
			struct buf out;

			at[n] ^= 0x55;
			if (members_sniff(bytes) != MEMBERS_NONE) {
				out = read_as(&r, bytes);
				assert_true(r.bytes < 10 * sizeof text);
				if (formats[i].kind == MEMBERS_ZIP && n > 3000 && n < bytes.n - 1000 &&
				    (!strstr(out.p, "a!/first: 23") || !strstr(out.p, "a!/last: 10") || !r.failed))
					fail_msg("%s damaged at %zu of %zu:\n%s", formats[i].name, n, bytes.n, out.p);
				buf_free(&out);
			}
			at[n] ^= 0x55;
		}
		drop(bytes);
	}
}

static void encrypted(void **state)
{
	static const char *const methods[] = {"encryption=zipcrypt", "encryption=aes128", "encryption=aes256"};
	static const char *const right[] = {"wrong", "m\xe1\xba\xadt kh\xe1\xba\xa9u"}, *const wrong[] = {"wrong"};
	struct packed p[] = {{"secret.log", str_n(text, 10000), 0}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct str bytes = make(&formats[0], methods[i], right[1], p, 1);
		struct reading with = {.options = {right, 2, NULL}}, other = {.options = {wrong, 1, NULL}}, without = {0};
		struct buf out = read_as(&with, bytes);

		if (with.failed || with.bytes != 10000)
			fail_msg("%s: %s %s", methods[i], out.p, with.problem);
		buf_free(&out);
		out = read_as(&other, bytes);
		/* ZipCrypto takes a wrong password for right once in 256 times; its text is damaged then. */
		if (other.failed != 1 || (other.last != STREAM_FAULT_LOCKED && i > 0) || !strstr(other.problem, "password-file"))
			fail_msg("%s, wrong password: %s %s", methods[i], out.p, other.problem);
		buf_free(&out);
		out = read_as(&without, bytes);
		if (without.failed != 1 || without.last != STREAM_FAULT_LOCKED || without.bytes ||
		    !strstr(without.problem, "--password-file"))
			fail_msg("%s, no password: %s %s", methods[i], out.p, without.problem);
		buf_free(&out);
		drop(bytes);
	}
}

static void links_and_names(void **state)
{
	struct packed p[] = {
		{"/etc/cron.d/x", {"absolute\n", 9}, 0}, {"../../up", {"up\n", 3}, 0}, {"link", {NULL, 0}, AE_IFLNK},
		{"fifo", {NULL, 0}, AE_IFIFO}, {"folder/", {NULL, 0}, AE_IFDIR}, {"nh\xe1\xba\xadt k\xc3\xbd", {"v\n", 2}, 0},
		{"bad\xff\x1b[31m\n", {"b\n", 2}, 0}, {"./dot", {"d\n", 2}, 0},
	};
	struct reading r = {0};
	struct str bytes = make(&formats[10], NULL, NULL, p, 8);
	struct buf out = read_as(&r, bytes);

	(void)state;
	assert_int_equal(5, r.files);
	assert_int_equal(2, r.links);
	assert_int_equal(0, r.failed);
	for (size_t i = 0; i < 7; i++) {
		static const char *const want[] = {
			"a!//etc/cron.d/x: 9 bytes", "a!/../../up: 3 bytes", "a!/link: a symbolic link", "a!/fifo: a pipe or socket",
			"a!/nh\xe1\xba\xadt k\xc3\xbd: 2", "a!/bad\\xff\\x1b[31m\\x0a: 2", "a!/dot: 2",
		};

		if (!strstr(out.p, want[i]))
			fail_msg("no '%s' in\n%s", want[i], out.p);
	}
	buf_free(&out);
	drop(bytes);
	p[3] = p[4];		/* ZIP has no pipes */
	bytes = make(&formats[0], NULL, NULL, p, 8);
	out = read_as(&r, bytes);
	assert_non_null(strstr(out.p, "a!/link: a symbolic link"));
	assert_non_null(strstr(out.p, "a!/nh\xe1\xba\xadt k\xc3\xbd: 2"));
	assert_non_null(strstr(out.p, "a!/bad\\xff\\x1b[31m\\x0a: 2"));
	buf_free(&out);
	drop(bytes);
}

static const struct members_limits small = {
	.depth = 3, .count = 50, .free_bytes = 100000, .ratio = 20, .bytes = 1000000, .directory = 1000000, .held = 1u << 20,
};

static void bombs(void **state)
{
	struct packed p[] = {{"bomb", str_n(nothing, sizeof nothing), 0}, {"next", STR("behind it\n"), 0}};
	struct packed six[6], many[60];
	struct str bytes, outer;
	struct reading r = {.options = {NULL, 0, &small}};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		bool is_packed = formats[i].options && !strstr(formats[i].options, "store");

		bytes = make(&formats[i], NULL, NULL, p, 2);
		out = read_as(&r, bytes);
		if (is_packed ? !r.failed || r.last != STREAM_FAULT_LIMIT || r.bytes > 300000 : r.failed)
			fail_msg("%s: %llu bytes: %s", formats[i].name, (unsigned long long)r.bytes, out.p);
		buf_free(&out);
		for (size_t j = 0; j < 6; j++)
			six[j] = (struct packed){"in", bytes, 0};
		/* As 42.zip: each is within its bounds but not all together. */
		outer = make(&formats[0], NULL, NULL, six, 6);
		out = read_as(&r, outer);
		if (is_packed && (!r.failed || r.bytes > 400000))
			fail_msg("%s in zip: %llu bytes: %s", formats[i].name, (unsigned long long)r.bytes, out.p);
		buf_free(&out);
		drop(outer);
		drop(bytes);
	}
	for (size_t i = 0; i < 60; i++)
		many[i] = (struct packed){"empty", {"", 0}, 0};
	for (size_t i = 0; i < FORMATS; i++) {
		bytes = make(&formats[i], NULL, NULL, many, 60);
		out = read_as(&r, bytes);
		/* 7z says at its beginning how many there are. */
		if (r.failed != 1 || r.last != STREAM_FAULT_LIMIT || r.files != (formats[i].kind == MEMBERS_7Z ? 0 : 50))
			fail_msg("%s: %u files: %s", formats[i].name, r.files, r.problem);
		buf_free(&out);
		drop(bytes);
	}
}

/* Text and other formats are no archives, whatever they begin with. */
static void no_archives(void **state)
{
	static const char *const rows[] = {"", "PK", "PK is a brand\n", "7z is one too\n", "ustar\n"};
	struct reading r = {0};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(MEMBERS_NONE, members_sniff(str_c(rows[i])));
	assert_int_equal(MEMBERS_NONE, members_sniff(str_n(text, 1000)));
	assert_int_equal(MEMBERS_NONE, members_sniff(str_n(nothing, 1000)));
	out = read_as(&r, STR("PK\3\4 and then something else altogether, which is no archive at all"));
	assert_int_equal(1, r.failed);
	assert_int_equal(STREAM_FAULT_ARCHIVE, r.last);
	buf_free(&out);
	out = read_as(&r, STR("7z\xBC\xAF\x27\x1C and then something else altogether, which is no archive"));
	assert_int_equal(1, r.failed);
	assert_int_equal(STREAM_FAULT_ARCHIVE, r.last);
	buf_free(&out);
}

static void the_order_is_the_archives(void **state)
{
	struct reading r = {0};
	struct str bytes = make(&formats[0], NULL, NULL, two, 2);

	(void)state;
	expect("zip", &r, bytes, "a!/logs/b.log: 6 bytes, sum b73a0178, date 1700000000\n"
		"a!/a.log: 12 bytes, sum 25dc90d7cd0957b8, date 1700000000\n");
	drop(bytes);
}

/* --- a ZIP whose members lie in one another (D. Fifield's kind): each local header is data of those before it --- */

static void put_le(struct buf *b, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_byte(b, i < 8 ? (char)(v >> 8 * i) : 0);
}

struct overlap {
	uint32_t crc, size;
	unsigned number;
};

/* What a local header and a directory entry have in common: method 0 (stored), no time, and the name. */
static void put_entry(struct buf *b, const struct overlap *o)
{
	put_le(b, 20, 2);
	put_le(b, 0, 8);
	put_le(b, o->crc, 4);
	put_le(b, o->size, 4);
	put_le(b, o->size, 4);
	put_le(b, 4, 2);
	put_le(b, 0, 2);
}

#define OVERLAP_HEADER 34u
#define OVERLAPS 200u

static struct buf overlapping(size_t kernel)
{
	struct buf zip = {0}, tail = {0};
	struct overlap o[OVERLAPS];
	size_t directory;

	buf_put(&tail, text, kernel);
	for (unsigned i = OVERLAPS; i-- > 0;) {		/* from the innermost out */
		struct buf next = {0};

		o[i] = (struct overlap){(uint32_t)crc32(0, (const unsigned char *)tail.p, (unsigned)tail.n), (uint32_t)tail.n, i};
		buf_put(&next, "PK\3\4", 4);
		put_entry(&next, &o[i]);
		buf_printf(&next, "%04u", i);
		buf_put(&next, tail.p, tail.n);
		buf_free(&tail);
		tail = next;
	}
	zip = tail;
	directory = zip.n;
	for (unsigned i = 0; i < OVERLAPS; i++) {
		buf_put(&zip, "PK\1\2\24\0", 6);
		put_entry(&zip, &o[i]);
		put_le(&zip, 0, 2 + 2 + 2 + 4);
		put_le(&zip, i * OVERLAP_HEADER, 4);
		buf_printf(&zip, "%04u", i);
	}
	put_le(&zip, 0x06054b50, 4);
	put_le(&zip, 0, 4);
	put_le(&zip, OVERLAPS, 2);
	put_le(&zip, OVERLAPS, 2);
	put_le(&zip, zip.n - 12 - directory, 4);
	put_le(&zip, directory, 4);
	put_le(&zip, 0, 2);
	return zip;
}

static void overlapping_members(void **state)
{
	struct buf zip = overlapping(50000);
	struct members_limits limits = small;
	struct reading r = {.options = {NULL, 0, &limits}};
	struct buf out;

	(void)state;
	limits.count = 1000;
	out = read_as(&r, buf_get(&zip));
	if (r.last != STREAM_FAULT_LIMIT || !r.files || r.files > 100 || r.bytes > small.bytes)
		fail_msg("%u files, %llu bytes: %s", r.files, (unsigned long long)r.bytes, r.problem);
	buf_free(&out);
	buf_free(&zip);
}

static void many_empty_members(void **state)
{
	enum { MANY = 100000 };
	struct packed *p = mem_alloc(MANY * sizeof *p);

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		p[i] = (struct packed){"e", {"", 0}, 0};
	for (size_t i = 0; i < FORMATS; i += 2) {
		struct reading r = {0};
		struct str bytes;
		struct buf out;

		if (formats[i].kind == MEMBERS_TAR && i != 8)
			continue;
		bytes = make(&formats[i], NULL, NULL, p, formats[i].kind == MEMBERS_TAR ? 10000 : MANY);
		out = read_as(&r, bytes);
		if (r.failed || r.files != (formats[i].kind == MEMBERS_TAR ? 10000 : MANY))
			fail_msg("%s: %u files: %s", formats[i].name, r.files, r.problem);
		buf_free(&out);
		drop(bytes);
	}
	free(p);
}

/* --- the tee sees archives and members, as they lie --- */

struct seen {
	struct buf out;			/* path, size and bytes of each, in order of their ends */
	unsigned open, count;
};
struct seen_file { struct seen *all; struct tee_file file; struct buf path, bytes; };

static void *tee_begin(void *user, const struct tee_file *file)
{
	struct seen_file *f = mem_alloc(sizeof *f);

	f->all = user;
	f->file = *file;
	buf_text(&f->path, file->path);
	f->all->open++;
	return f;
}

static void tee_bytes(void *state, struct str bytes)
{
	buf_str(&((struct seen_file *)state)->bytes, bytes);
}

static void tee_end(void *state, bool whole)
{
	struct seen_file *f = state;

	assert_true(whole);
	assert_true(f->file.is_member);
	assert_true(f->file.size == f->bytes.n || f->file.size == TEE_SIZE_UNKNOWN);
	buf_printf(&f->all->out, "%.*s %zu %08lx\n", STR_ARGS(buf_get(&f->path)), f->bytes.n,
		   crc32(0, (const unsigned char *)f->bytes.p, (unsigned)f->bytes.n));
	f->all->open--;
	f->all->count++;
	buf_free(&f->path);
	buf_free(&f->bytes);
	free(f);
}

struct whole {
	struct stream_reader reader;	/* first: read_whole() is given it */
	struct str left;
};

static ptrdiff_t read_whole(struct stream_reader *r, char *p, size_t n)
{
	struct whole *w = (struct whole *)r;

	n = n < w->left.n ? n : w->left.n;
	memcpy(p, w->left.p, n);
	w->left = str_skip(w->left, n);
	return (ptrdiff_t)n;
}

static void the_tee(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		struct packed p[] = {{"long", str_n(text, sizeof text), 0}, {"in", {NULL, 0}, 0}, {"empty", {"", 0}, 0}};
		struct packed in[] = {{"x", STR("innermost\n"), 0}};
		struct buf want = {0};

		p[1].bytes = make(&formats[(i + 1) % FORMATS], NULL, NULL, in, 1);
		for (int leave = 0; leave < 2; leave++) {
			struct str bytes = make(&formats[i], NULL, NULL, p, 3);
			struct seen seen = {0};
			struct tee tee = {&seen, tee_begin, tee_bytes, tee_end};
			struct stream_env env = {.tee = &tee};
			struct whole whole = {{.read = read_whole, .problem = "", .path = "a", .size = bytes.n,
					       .date = TICKS_NONE}, bytes};
			struct reading r = {.piece = 999, .leave = leave};
			struct buf out = {0};

			r.out = &out;
			read_archive(&r, stream_of_reader(&whole.reader, &env), "a", NULL);
			assert_int_equal(0, seen.open);
			if (seen.count != 5)
				fail_msg("%s: %u seen", formats[i].name, seen.count);
			if (!leave)
				buf_put(&want, seen.out.p, seen.out.n);
			else if (!str_eq(buf_get(&want), buf_get(&seen.out)))
				fail_msg("%s, left: %.*s", formats[i].name, STR_ARGS(buf_get(&seen.out)));
			buf_free(&out);
			buf_free(&seen.out);
			drop(bytes);
		}
		drop(p[1].bytes);
		buf_free(&want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format), cmocka_unit_test(nested), cmocka_unit_test(damaged), cmocka_unit_test(encrypted),
		cmocka_unit_test(links_and_names), cmocka_unit_test(bombs), cmocka_unit_test(no_archives),
		cmocka_unit_test(the_order_is_the_archives), cmocka_unit_test(overlapping_members),
		cmocka_unit_test(many_empty_members), cmocka_unit_test(the_tee),
	};

	make_text();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
