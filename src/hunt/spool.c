#include "hunt/spool.h"

#include "base/err.h"
#include "base/io.h"
#include "base/vec.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WRITE_BYTES (256u << 10)
#define READ_BYTES (128u << 10)

/* A row as it lies in buffers and in the file: this head, then path and body. */
struct head {
	int64_t time;
	uint64_t record, order;
	uint32_t rank, rule;
	uint32_t path_bytes, body_bytes;
};

struct run {
	uint64_t offset, bytes;
};

struct spool_writer {
	struct spool *spool;
	struct spool_writer *next;
	char *bytes;
	size_t used, cap;
	VEC(size_t) rows;	/* offsets in bytes */
	uint64_t row_count;
};

struct spool {
	struct spool_options options;
	pthread_mutex_t lock;		/* guards all below */
	int fd;
	uint64_t end;			/* of the file */
	VEC(struct run) runs;
	struct spool_writer *writers;
};

struct spool *spool_new(const struct spool_options *options)
{
	struct spool *s = mem_alloc(sizeof *s);

	s->options = *options;
	if (s->options.buffer_bytes == 0)
		s->options.buffer_bytes = SPOOL_BUFFER_BYTES;
	if (s->options.fan_in < 2)
		s->options.fan_in = SPOOL_FAN_IN;
	s->fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	while (s->writers) {
		struct spool_writer *w = s->writers;

		s->writers = w->next;
		free(w->bytes);
		vec_free(&w->rows);
		free(w);
	}
	if (s->fd >= 0)
		close(s->fd);
	vec_free(&s->runs);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

struct spool_writer *spool_writer_new(struct spool *s)
{
	struct spool_writer *w = mem_alloc(sizeof *w);

	w->spool = s;
	pthread_mutex_lock(&s->lock);
	w->next = s->writers;
	s->writers = w;
	pthread_mutex_unlock(&s->lock);
	return w;
}

/* --- rows in memory --- */

static size_t put_row(char *out, const struct spool_row *row)
{
	struct head h = {row->time, row->record, row->order, row->rank, row->rule,
			 (uint32_t)row->path.n, (uint32_t)row->body.n};

	memcpy(out, &h, sizeof h);
	memcpy(out + sizeof h, row->path.p, row->path.n);
	memcpy(out + sizeof h + row->path.n, row->body.p, row->body.n);
	return sizeof h + row->path.n + row->body.n;
}

static size_t row_bytes(const char *at)
{
	struct head h;

	memcpy(&h, at, sizeof h);
	return sizeof h + h.path_bytes + h.body_bytes;
}

static struct spool_row get_row(const char *at)
{
	struct head h;

	memcpy(&h, at, sizeof h);
	return (struct spool_row){
		.time = h.time, .record = h.record, .order = h.order, .rank = h.rank, .rule = h.rule,
		.path = {at + sizeof h, h.path_bytes},
		.body = {at + sizeof h + h.path_bytes, h.body_bytes},
	};
}

static int compare_rows(const struct spool_row *a, const struct spool_row *b)
{
	int by_path;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	by_path = str_cmp(a->path, b->path);
	if (by_path)
		return by_path;
	if (a->record != b->record)
		return a->record < b->record ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return str_cmp(a->body, b->body);
}

static int compare_offsets(const void *x, const void *y, void *bytes)
{
	size_t i, j;
	struct spool_row a, b;

	memcpy(&i, x, sizeof i);
	memcpy(&j, y, sizeof j);
	a = get_row((const char *)bytes + i);
	b = get_row((const char *)bytes + j);
	return compare_rows(&a, &b);
}

static void sort_writer(struct spool_writer *w)
{
	if (w->rows.n > 1)
		qsort_r(w->rows.at, w->rows.n, sizeof *w->rows.at, compare_offsets, w->bytes);
}

/* --- the temporary file --- */

static int open_unnamed(const char *folder)
{
	char path[4096];
	int fd = open(folder, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	int n;

	if (fd >= 0)
		return fd;
	n = snprintf(path, sizeof path, "%s/truc-XXXXXX", folder);
	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int open_file(struct spool *s)
{
	const char *folder = s->options.folder ? s->options.folder : getenv("TMPDIR");

	if (s->fd >= 0)
		return 0;
	if (folder && *folder) {
		s->fd = open_unnamed(folder);
		return s->fd < 0 ? ERR_IO : 0;
	}
	s->fd = open_unnamed("/var/tmp");
	if (s->fd < 0)
		s->fd = open_unnamed("/tmp");
	return s->fd < 0 ? ERR_IO : 0;
}

static int write_at(int fd, const char *p, size_t n, uint64_t offset)
{
	while (n) {
		ssize_t wrote = pwrite(fd, p, n, (off_t)offset);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return ERR_IO;
		p += wrote;
		n -= (size_t)wrote;
		offset += (uint64_t)wrote;
	}
	return 0;
}

/* Reads up to n bytes; fewer only at the end of the file. */
static int read_at(int fd, char *p, size_t n, uint64_t offset)
{
	while (n) {
		ssize_t got = pread(fd, p, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ERR_IO;
		p += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

/* Sequential writing into a stretch of the file. */
struct out {
	int fd;
	uint64_t offset;
	char *bytes;
	size_t used;
};

static int out_flush(struct out *o)
{
	int e = write_at(o->fd, o->bytes, o->used, o->offset);

	o->offset += o->used;
	o->used = 0;
	return e;
}

static int out_put(struct out *o, const char *p, size_t n)
{
	int e = 0;

	if (o->used + n > WRITE_BYTES)
		e = out_flush(o);
	if (e || n > WRITE_BYTES) {
		e = e ? e : write_at(o->fd, p, n, o->offset);
		o->offset += n;
		return e;
	}
	memcpy(o->bytes + o->used, p, n);
	o->used += n;
	return 0;
}

/* Claims a stretch at the end of the file. */
static int claim(struct spool *s, uint64_t bytes, uint64_t *out_offset)
{
	int e;

	pthread_mutex_lock(&s->lock);
	e = open_file(s);
	*out_offset = s->end;
	if (!e)
		s->end += bytes;
	pthread_mutex_unlock(&s->lock);
	return e;
}

static void add_run(struct spool *s, struct run run)
{
	pthread_mutex_lock(&s->lock);
	*vec_add(&s->runs) = run;
	pthread_mutex_unlock(&s->lock);
}

static int write_run(struct spool_writer *w)
{
	struct spool *s = w->spool;
	struct out o = {0};
	struct run run = {0, w->used};
	int e = claim(s, run.bytes, &run.offset);

	if (e)
		return e;
	sort_writer(w);
	o = (struct out){s->fd, run.offset, mem_alloc(WRITE_BYTES), 0};
	for (size_t i = 0; i < w->rows.n && !e; i++)
		e = out_put(&o, w->bytes + w->rows.at[i], row_bytes(w->bytes + w->rows.at[i]));
	if (!e)
		e = out_flush(&o);
	free(o.bytes);
	if (!e)
		add_run(s, run);
	w->used = 0;
	w->rows.n = 0;
	return e;
}

static void grow_writer(struct spool_writer *w, size_t need)
{
	size_t limit = w->spool->options.buffer_bytes;
	size_t cap = w->cap ? w->cap * 2 : 65536;

	if (cap > limit)
		cap = limit;
	if (cap < w->used + need)
		cap = w->used + need;
	w->bytes = mem_resize(w->bytes, cap);
	w->cap = cap;
}

int spool_add(struct spool_writer *w, const struct spool_row *row)
{
	size_t need = sizeof(struct head) + row->path.n + row->body.n;
	size_t index = (w->rows.n + 1) * sizeof *w->rows.at;

	if (row->path.n > SPOOL_PATH_MAX || row->body.n > SPOOL_BODY_MAX)
		return ERR_LIMIT;
	if (w->rows.n && w->used + need + index > w->spool->options.buffer_bytes) {
		int e = write_run(w);

		if (e)
			return e;
	}
	if (w->cap < w->used + need)
		grow_writer(w, need);
	*vec_add(&w->rows) = w->used;
	w->used += put_row(w->bytes + w->used, row);
	w->row_count++;
	return 0;
}

/* --- merging --- */

struct reader {
	struct spool_row row;		/* the current one */
	bool at_end;
	const struct spool_writer *memory;	/* rows in memory, or else in the file: */
	size_t next;
	int fd;
	uint64_t offset, left;		/* not yet in bytes */
	char *bytes;
	size_t at, used, cap;
};

static int fill(struct reader *r, size_t need)
{
	size_t want;
	int e;

	if (r->used - r->at >= need)
		return 0;
	memmove(r->bytes, r->bytes + r->at, r->used - r->at);
	r->used -= r->at;
	r->at = 0;
	if (r->cap < need) {
		r->cap = need;
		r->bytes = mem_resize(r->bytes, r->cap);
	}
	want = r->cap - r->used;
	if (want > r->left)
		want = (size_t)r->left;
	assert(r->used + want >= need);
	e = read_at(r->fd, r->bytes + r->used, want, r->offset);
	r->offset += want;
	r->left -= want;
	r->used += want;
	return e;
}

static int next_of_file(struct reader *r)
{
	int e;

	if (r->used == r->at && r->left == 0) {
		r->at_end = true;
		return 0;
	}
	e = fill(r, sizeof(struct head));
	if (!e)
		e = fill(r, row_bytes(r->bytes + r->at));
	if (e)
		return e;
	r->row = get_row(r->bytes + r->at);
	r->at += row_bytes(r->bytes + r->at);
	return 0;
}

static int next_row(struct reader *r)
{
	if (!r->memory)
		return next_of_file(r);
	if (r->next == r->memory->rows.n)
		r->at_end = true;
	else
		r->row = get_row(r->memory->bytes + r->memory->rows.at[r->next++]);
	return 0;
}

static bool before(const struct reader *a, const struct reader *b)
{
	return compare_rows(&a->row, &b->row) < 0;
}

static void sift(struct reader **heap, size_t n, size_t i)
{
	for (;;) {
		size_t least = i, left = 2 * i + 1, right = left + 1;
		struct reader *swap = heap[i];

		if (left < n && before(heap[left], heap[least]))
			least = left;
		if (right < n && before(heap[right], heap[least]))
			least = right;
		if (least == i)
			return;
		heap[i] = heap[least];
		heap[least] = swap;
		i = least;
	}
}

static int merge_heap(struct reader **heap, size_t n, spool_row_fn *row, void *user)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(heap, n, i);
	while (n) {
		int e = row(user, &heap[0]->row);

		if (!e)
			e = next_row(heap[0]);
		if (e)
			return e;
		if (heap[0]->at_end)
			heap[0] = heap[--n];
		sift(heap, n, 0);
	}
	return 0;
}

static int merge_readers(struct reader *readers, size_t count, spool_row_fn *row, void *user)
{
	struct reader **heap = mem_alloc((count + 1) * sizeof *heap);
	size_t n = 0;
	int e = 0;

	for (size_t i = 0; i < count && !e; i++) {
		e = next_row(&readers[i]);
		if (!e && !readers[i].at_end)
			heap[n++] = &readers[i];
	}
	if (!e)
		e = merge_heap(heap, n, row, user);
	free(heap);
	return e;
}

static void open_reader(struct reader *r, const struct spool *s, const struct run *run)
{
	*r = (struct reader){.fd = s->fd, .offset = run->offset, .left = run->bytes, .cap = READ_BYTES};
	r->bytes = mem_alloc(r->cap);
}

static int put_merged(void *user, const struct spool_row *row)
{
	/* The row lies in one piece in its reader's buffer: head, path, body. */
	return out_put(user, row->path.p - sizeof(struct head),
		       sizeof(struct head) + row->path.n + row->body.n);
}

/* Merges the first `count` runs into one at the end of the file, and gives their space back where the file system can. */
static int merge_runs(struct spool *s, size_t count)
{
	struct reader *readers = mem_alloc(count * sizeof *readers);
	struct out o = {s->fd, s->end, mem_alloc(WRITE_BYTES), 0};
	struct run merged = {s->end, 0};
	int e;

	for (size_t i = 0; i < count; i++) {
		open_reader(&readers[i], s, &s->runs.at[i]);
		merged.bytes += s->runs.at[i].bytes;
	}
	e = merge_readers(readers, count, put_merged, &o);
	if (!e)
		e = out_flush(&o);
	for (size_t i = 0; i < count; i++) {
		free(readers[i].bytes);
		(void)!fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)s->runs.at[i].offset,
				 (off_t)s->runs.at[i].bytes);
	}
	free(o.bytes);
	free(readers);
	s->end += merged.bytes;
	memmove(s->runs.at, s->runs.at + count, (s->runs.n - count) * sizeof *s->runs.at);
	s->runs.n -= count;
	*vec_add(&s->runs) = merged;
	return e;
}

static size_t open_all(struct spool *s, struct reader *readers)
{
	size_t n = 0;

	for (size_t i = 0; i < s->runs.n; i++)
		open_reader(&readers[n++], s, &s->runs.at[i]);
	for (struct spool_writer *w = s->writers; w; w = w->next) {
		sort_writer(w);
		readers[n++] = (struct reader){.memory = w};
	}
	return n;
}

int spool_merge(struct spool *s, spool_row_fn *row, void *user)
{
	size_t most = s->options.fan_in, n = 0;
	struct reader *readers;
	int e = 0;

	/* The oldest runs are merged first: each pass takes them from the front and puts the result at the back. */
	while (s->runs.n > most && !e)
		e = merge_runs(s, s->runs.n - most + 1 < most ? s->runs.n - most + 1 : most);
	if (e)
		return e;
	for (struct spool_writer *w = s->writers; w; w = w->next)
		n++;
	readers = mem_alloc((s->runs.n + n + 1) * sizeof *readers);
	n = open_all(s, readers);
	e = merge_readers(readers, n, row, user);
	for (size_t i = 0; i < n; i++)
		free(readers[i].bytes);
	free(readers);
	return e;
}

uint64_t spool_rows(const struct spool *s)
{
	uint64_t n = 0;

	for (const struct spool_writer *w = s->writers; w; w = w->next)
		n += w->row_count;
	return n;
}

uint64_t spool_disk_bytes(const struct spool *s)
{
	return s->end;
}
