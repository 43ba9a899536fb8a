#include "input/sevenzip_parts.h"

#include "base/clock.h"
#include "base/err.h"

#include <string.h>

enum { END, HEADER, ARCHIVE_PROPERTIES, ADDITIONAL_STREAMS, MAIN_STREAMS, FILES, PACK, UNPACK, SUBSTREAMS, SIZE, CRC, FOLDER,
       UNPACK_SIZE, UNPACK_STREAMS, EMPTY_STREAM, EMPTY_FILE, ANTI, NAMES, CREATED, ACCESSED, MODIFIED, ATTRIBUTES, COMMENT,
       ENCODED_HEADER };
#define SIGNATURE_BYTES 32u
#define ENDS_MAX 32u			/* inputs or outputs of a folder's coders */

/* Reading goes on behind an error with zeros; whoever loops looks at it. */
struct cursor {
	const uint8_t *p, *end;
	int err;
	struct sevenzip_header *h;
};

static uint8_t *zeros(struct cursor *c, uint64_t n, size_t size)
{
	return arena_zero(c->h->arena, (size_t)(n + 1) * size);
}

static void bad(struct cursor *c, int err)
{
	c->err = c->err ? c->err : err;
	c->p = c->end;
}

static uint64_t le(struct cursor *c, unsigned bytes)
{
	uint64_t v = 0;

	if ((size_t)(c->end - c->p) < bytes) {
		bad(c, ERR_FORMAT);
		return 0;
	}
	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)*c->p++ << 8 * i;
	return v;
}

/* The first byte's leading ones say how many bytes follow; its other bits are the highest. */
static uint64_t number(struct cursor *c)
{
	unsigned first = (unsigned)le(c, 1), mask = 0x80, i = 0;
	uint64_t v;

	while (i < 8 && first & mask) {
		mask >>= 1;
		i++;
	}
	v = le(c, i);
	return i < 8 ? v | (uint64_t)(first & (mask - 1)) << 8 * i : v;
}

/* A count of things; each takes memory, so there are at most as many as members are allowed. */
static uint32_t count(struct cursor *c)
{
	uint64_t n = number(c);

	if (n <= c->h->count_max && n < UINT32_MAX)
		return (uint32_t)n;
	bad(c, ERR_LIMIT);
	return 0;
}

static struct str take(struct cursor *c, uint64_t n)
{
	struct str s = str_n(c->p, (size_t)n);

	if (n > (uint64_t)(c->end - c->p)) {
		bad(c, ERR_FORMAT);
		return STR("");
	}
	c->p += n;
	return s;
}

static void expect(struct cursor *c, unsigned id)
{
	if (le(c, 1) != id)
		bad(c, ERR_FORMAT);
}

static uint8_t *bits(struct cursor *c, uint32_t n)
{
	uint8_t *v = zeros(c, n, 1);
	struct str packed = take(c, ((uint64_t)n + 7) / 8);

	for (uint32_t i = 0; i < n && i / 8 < packed.n; i++)
		v[i] = (uint8_t)packed.p[i / 8] >> (7 - i % 8) & 1;
	return v;
}

/* Which of n have a value: all, or a bit each. */
static uint8_t *defined(struct cursor *c, uint32_t n)
{
	uint8_t *v;

	if (!le(c, 1))
		return bits(c, n);
	v = zeros(c, n, 1);
	memset(v, 1, n);
	return v;
}

/* --- folders --- */

struct ends {
	uint32_t in[SEVENZIP_CODERS_MAX], out[SEVENZIP_CODERS_MAX];	/* how many each coder has */
	uint32_t ins, outs;
	struct { uint64_t in, out; } bound[ENDS_MAX];
	uint32_t bound_count;
};

static void read_coder(struct cursor *c, struct sevenzip_coder *coder, uint32_t i, struct ends *e)
{
	unsigned flags = (unsigned)le(c, 1);
	struct str id = take(c, flags & 15);

	coder->method = 0;
	for (size_t k = 0; k < id.n; k++)
		coder->method = coder->method << 8 | (uint8_t)id.p[k];
	e->in[i] = flags & 16 ? count(c) : 1;
	e->out[i] = flags & 16 ? count(c) : 1;
	if (flags & 32)
		coder->props = take(c, number(c));
	if (id.n > 8 || flags & 0xc0 || e->in[i] > ENDS_MAX || e->out[i] > ENDS_MAX)
		bad(c, ERR_FORMAT);
	e->ins += e->in[i];
	e->outs += e->out[i];
}

static bool is_bound_in(const struct ends *e, uint64_t in)
{
	for (uint32_t i = 0; i < e->bound_count; i++) {
		if (e->bound[i].in == in)
			return true;
	}
	return false;
}

/* Puts coders of one input and output into the order in which they unpack. */
static bool order(struct sevenzip_folder *f, const struct ends *e, struct arena *arena)
{
	struct sevenzip_coder *sorted = (struct sevenzip_coder *)arena_zero(arena, sizeof *sorted * f->coder_count);
	uint64_t at = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->coder_count; i++) {
		if (e->in[i] != 1 || e->out[i] != 1)
			return false;
	}
	while (at < f->coder_count && is_bound_in(e, at))
		at++;
	while (at < f->coder_count && n < f->coder_count) {
		uint32_t i = 0;

		sorted[n++] = f->coders[at];
		while (i < e->bound_count && e->bound[i].out != at)
			i++;
		at = i < e->bound_count ? e->bound[i].in : f->coder_count;
	}
	if (n != f->coder_count || at < f->coder_count)
		return false;
	f->coders = sorted;
	return true;
}

static void read_folder(struct cursor *c, struct sevenzip_folder *f, struct ends *e)
{
	uint32_t packed;

	*e = (struct ends){0};
	f->coder_count = count(c);
	if (!f->coder_count || f->coder_count > SEVENZIP_CODERS_MAX)
		bad(c, ERR_FORMAT);
	if (c->err)
		return;
	f->coders = (struct sevenzip_coder *)zeros(c, f->coder_count, sizeof *f->coders);
	for (uint32_t i = 0; i < f->coder_count && !c->err; i++)
		read_coder(c, &f->coders[i], i, e);
	if (e->ins > ENDS_MAX || e->outs > ENDS_MAX || !e->outs || e->ins < e->outs - 1)
		bad(c, ERR_FORMAT);
	if (c->err)
		return;
	e->bound_count = e->outs - 1;
	for (uint32_t i = 0; i < e->bound_count; i++) {
		e->bound[i].in = number(c);
		e->bound[i].out = number(c);
	}
	packed = e->ins - e->bound_count;
	for (uint32_t i = 0; i < packed && packed > 1; i++)
		(void)number(c);
	f->packed = packed;		/* how many, until the sizes are given out */
}

/* The output that no coder takes is the folder's. */
static void read_sizes(struct cursor *c, struct sevenzip_folder *f, const struct ends *e)
{
	uint32_t out = 0;

	for (uint32_t i = 0; i < f->coder_count; i++) {
		for (uint32_t k = 0; k < e->out[i]; k++, out++) {
			bool taken = false;
			uint64_t size = number(c);

			for (uint32_t b = 0; b < e->bound_count; b++)
				taken = taken || e->bound[b].out == out;
			f->coders[i].size = size;
			if (!taken)
				f->size = size;
		}
	}
	f->is_chain = order(f, e, c->h->arena);
}

static void read_crcs(struct cursor *c, uint32_t n, struct sevenzip_stream *out)
{
	uint8_t *has = defined(c, n);

	for (uint32_t i = 0; i < n && !c->err; i++) {
		out[i].has_crc = has[i];
		out[i].crc = has[i] ? (uint32_t)le(c, 4) : 0;
	}
}

static void read_unpack(struct cursor *c)
{
	struct sevenzip_header *h = c->h;
	struct sevenzip_stream *crcs;
	struct ends *ends;
	unsigned id;

	expect(c, FOLDER);
	h->folder_count = count(c);
	if (le(c, 1))
		bad(c, ERR_FORMAT);		/* external: nobody writes it */
	if (h->folder_count > (uint64_t)(c->end - c->p))
		bad(c, ERR_FORMAT);
	if (c->err)
		h->folder_count = 0;
	h->folders = (struct sevenzip_folder *)zeros(c, h->folder_count, sizeof *h->folders);
	ends = (struct ends *)(void *)arena_zero(h->arena, sizeof *ends);
	crcs = (struct sevenzip_stream *)zeros(c, h->folder_count, sizeof *crcs);
	/* The sizes stand behind all folders, and need each one's ends: so it is read twice. */
	const uint8_t *folders = c->p, *sizes;

	for (uint32_t i = 0; i < h->folder_count && !c->err; i++)
		read_folder(c, &h->folders[i], ends);
	expect(c, UNPACK_SIZE);
	sizes = c->p;
	for (uint32_t i = 0; i < h->folder_count && !c->err; i++) {
		c->p = folders;
		read_folder(c, &h->folders[i], ends);
		folders = c->p;
		c->p = sizes;
		read_sizes(c, &h->folders[i], ends);
		sizes = c->p;
	}
	id = (unsigned)le(c, 1);
	if (id == CRC) {
		read_crcs(c, h->folder_count, crcs);
		id = (unsigned)le(c, 1);
	}
	for (uint32_t i = 0; i < h->folder_count; i++) {
		h->folders[i].streams = 1;
		h->folders[i].has_crc = crcs[i].has_crc;
		h->folders[i].crc = crcs[i].crc;
	}
	if (id != END)
		bad(c, ERR_FORMAT);
}

/* --- where the packed bytes lie --- */

struct packs { uint64_t at; uint64_t *sizes; uint32_t count; };

static void read_pack(struct cursor *c, struct packs *out)
{
	unsigned id;

	out->at = number(c);
	out->count = count(c);
	out->sizes = (uint64_t *)(void *)zeros(c, out->count, sizeof *out->sizes);
	id = (unsigned)le(c, 1);
	if (id == SIZE) {
		for (uint32_t i = 0; i < out->count && !c->err; i++)
			out->sizes[i] = number(c);
		id = (unsigned)le(c, 1);
	}
	if (id == CRC) {
		read_crcs(c, out->count, (struct sevenzip_stream *)zeros(c, out->count, sizeof(struct sevenzip_stream)));
		id = (unsigned)le(c, 1);
	}
	if (id != END)
		bad(c, ERR_FORMAT);
}

static void place_folders(struct cursor *c, const struct packs *packs)
{
	uint64_t at, next;
	uint32_t pack = 0;

	if (__builtin_add_overflow(packs->at, SIGNATURE_BYTES, &at))
		bad(c, ERR_FORMAT);
	for (uint32_t i = 0; i < c->h->folder_count && !c->err; i++) {
		struct sevenzip_folder *f = &c->h->folders[i];
		uint64_t streams = f->packed;

		f->at = at;
		f->packed = 0;
		for (; streams && !c->err; streams--, pack++) {
			if (pack >= packs->count || __builtin_add_overflow(at, packs->sizes[pack], &next) ||
			    next > c->h->input_size) {
				bad(c, ERR_FORMAT);
				break;
			}
			f->packed += packs->sizes[pack];
			at = next;
		}
	}
}

/* --- the members in a folder --- */

static void read_stream_counts(struct cursor *c, unsigned *id)
{
	struct sevenzip_header *h = c->h;
	uint64_t all = 0;

	for (uint32_t i = 0; i < h->folder_count && !c->err; i++) {
		if (*id == UNPACK_STREAMS)
			h->folders[i].streams = count(c);
		all += h->folders[i].streams;
	}
	if (all > h->count_max)
		bad(c, ERR_LIMIT);
	h->stream_count = c->err ? 0 : (uint32_t)all;
	h->streams = (struct sevenzip_stream *)zeros(c, h->stream_count, sizeof *h->streams);
	if (*id == UNPACK_STREAMS)
		*id = (unsigned)le(c, 1);
}

/* The last member of a folder has what is left of it. */
static void read_stream_sizes(struct cursor *c, bool written)
{
	struct sevenzip_stream *s = c->h->streams;

	for (uint32_t i = 0; i < c->h->folder_count && !c->err; i++) {
		const struct sevenzip_folder *f = &c->h->folders[i];
		uint64_t left = f->size;

		for (uint32_t k = 0; k < f->streams && !c->err; k++, s++) {
			s->size = k + 1 == f->streams ? left : written ? number(c) : 0;
			if (s->size > left)
				bad(c, ERR_FORMAT);
			left -= s->size;
		}
	}
}

static void read_stream_crcs(struct cursor *c, bool written)
{
	struct sevenzip_header *h = c->h;
	struct sevenzip_stream *s = h->streams, *read;
	uint32_t unknown = 0, at = 0;

	for (uint32_t i = 0; i < h->folder_count && !c->err; i++)
		unknown += h->folders[i].streams == 1 && h->folders[i].has_crc ? 0 : h->folders[i].streams;
	read = (struct sevenzip_stream *)zeros(c, unknown, sizeof *read);
	if (written)
		read_crcs(c, unknown, read);
	for (uint32_t i = 0; i < h->folder_count && !c->err; i++) {
		const struct sevenzip_folder *f = &h->folders[i];
		bool known = f->streams == 1 && f->has_crc;

		for (uint32_t k = 0; k < f->streams; k++, s++) {
			s->has_crc = known || read[at].has_crc;
			s->crc = known ? f->crc : read[at].crc;
			at += !known;
		}
	}
}

static void read_substreams(struct cursor *c, unsigned id)
{
	bool sizes, crcs;

	read_stream_counts(c, &id);
	sizes = id == SIZE;
	read_stream_sizes(c, sizes);
	if (sizes)
		id = (unsigned)le(c, 1);
	crcs = id == CRC;
	read_stream_crcs(c, crcs);
	if (crcs)
		id = (unsigned)le(c, 1);
	if (id != END)
		bad(c, ERR_FORMAT);
}

static void read_streams(struct cursor *c)
{
	struct packs packs = {0};
	unsigned id = (unsigned)le(c, 1);

	if (id == PACK) {
		read_pack(c, &packs);
		id = (unsigned)le(c, 1);
	}
	if (id == UNPACK) {
		read_unpack(c);
		id = (unsigned)le(c, 1);
	}
	place_folders(c, &packs);
	if (id == SUBSTREAMS) {
		read_substreams(c, (unsigned)le(c, 1));
		id = (unsigned)le(c, 1);
	} else {
		struct cursor none = *c;

		none.end = none.p;
		read_substreams(&none, END);
		c->err = none.err;
	}
	if (id != END)
		bad(c, ERR_FORMAT);
}

/* --- files --- */

static void read_names(struct cursor *c)
{
	for (uint32_t i = 0; i < c->h->file_count && !c->err; i++) {
		const uint8_t *begin = c->p;
		uint64_t unit;

		do
			unit = le(c, 2);
		while (unit && !c->err);
		if (!c->err)
			c->h->files[i].name = str_n(begin, (size_t)(c->p - begin) - 2);
	}
}

static void read_dates(struct cursor *c)
{
	uint8_t *has = defined(c, c->h->file_count);

	if (le(c, 1))
		return;
	for (uint32_t i = 0; i < c->h->file_count && !c->err; i++) {
		uint64_t filetime = has[i] ? le(c, 8) : 0;

		/* Up to the year 9999. */
		if (filetime && filetime < 2650467744000000000)
			c->h->files[i].date = (int64_t)filetime + TICKS_1601;
	}
}

static void read_attributes(struct cursor *c)
{
	uint8_t *has = defined(c, c->h->file_count);

	if (le(c, 1))
		return;
	for (uint32_t i = 0; i < c->h->file_count && !c->err; i++)
		c->h->files[i].attributes = has[i] ? (uint32_t)le(c, 4) : 0;
}

/* What has no bytes is a folder, unless it is said to be an empty file. */
static void read_empty_files(struct cursor *c, const uint8_t *empty)
{
	uint32_t n = 0, at = 0;
	uint8_t *is_file;

	for (uint32_t i = 0; i < c->h->file_count; i++)
		n += empty[i];
	is_file = bits(c, n);
	for (uint32_t i = 0; i < c->h->file_count; i++) {
		if (empty[i])
			c->h->files[i].is_folder = !is_file[at++];
	}
}

static void read_property(struct cursor *c, unsigned id, uint8_t **empty)
{
	struct str bytes = take(c, number(c));
	struct cursor in = {(const uint8_t *)bytes.p, (const uint8_t *)bytes.p + bytes.n, c->err, c->h};

	if (id == EMPTY_STREAM) {
		*empty = bits(&in, c->h->file_count);
		for (uint32_t i = 0; i < c->h->file_count; i++)
			c->h->files[i].is_folder = (*empty)[i];
	} else if (id == EMPTY_FILE) {
		read_empty_files(&in, *empty);
	} else if (id == NAMES) {
		if (le(&in, 1))
			bad(&in, ERR_FORMAT);
		read_names(&in);
	} else if (id == MODIFIED) {
		read_dates(&in);
	} else if (id == ATTRIBUTES) {
		read_attributes(&in);
	}
	if (in.err)
		bad(c, in.err);
}

static void give_streams(struct cursor *c, const uint8_t *empty)
{
	struct sevenzip_header *h = c->h;
	uint32_t stream = 0, folder = 0, in_folder = 0;

	for (uint32_t i = 0; i < h->file_count && !c->err; i++) {
		if (empty[i])
			continue;
		while (folder < h->folder_count && in_folder == h->folders[folder].streams) {
			folder++;
			in_folder = 0;
		}
		if (stream == h->stream_count || folder == h->folder_count) {
			bad(c, ERR_FORMAT);
			return;
		}
		h->files[i].has_stream = true;
		h->files[i].folder = folder;
		h->files[i].stream = h->streams[stream++];
		in_folder++;
	}
}

static void read_files(struct cursor *c)
{
	struct sevenzip_header *h = c->h;
	uint64_t seen = 0;
	uint8_t *empty;
	unsigned id;

	h->file_count = count(c);
	h->files = (struct sevenzip_file *)zeros(c, h->file_count, sizeof *h->files);
	empty = zeros(c, h->file_count, 1);
	for (uint32_t i = 0; i < h->file_count; i++)
		h->files[i].date = TICKS_NONE;
	while (!c->err && (id = (unsigned)le(c, 1)) != END) {
		/* Each once, for each takes memory; but for what is passed over. */
		if (id <= ATTRIBUTES && seen & 1ull << id)
			bad(c, ERR_FORMAT);
		seen |= id <= ATTRIBUTES ? 1ull << id : 0;
		read_property(c, id, &empty);
	}
	give_streams(c, empty);
}

static void skip_properties(struct cursor *c)
{
	while (!c->err && le(c, 1) != END)
		take(c, number(c));
}

int sevenzip_parse(struct str bytes, struct sevenzip_header *h)
{
	struct cursor c = {(const uint8_t *)bytes.p, (const uint8_t *)bytes.p + bytes.n, 0, h};
	unsigned id = (unsigned)le(&c, 1);

	h->is_encoded = id == ENCODED_HEADER;
	if (h->is_encoded) {
		read_streams(&c);
		if (!c.err && !h->folder_count)
			bad(&c, ERR_FORMAT);
		return c.err;
	}
	if (id != HEADER)
		return ERR_FORMAT;
	id = (unsigned)le(&c, 1);
	if (id == ARCHIVE_PROPERTIES) {
		skip_properties(&c);
		id = (unsigned)le(&c, 1);
	}
	if (id == MAIN_STREAMS) {
		read_streams(&c);
		id = (unsigned)le(&c, 1);
	}
	if (id == FILES) {
		read_files(&c);
		id = (unsigned)le(&c, 1);
	}
	if (id != END)
		bad(&c, ERR_FORMAT);
	return c.err;
}
