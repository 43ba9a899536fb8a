#include "hunt/source.h"

#include "base/err.h"
#include "base/io.h"
#include "base/vec.h"
#include "hunt/intake.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct source {
	char *path;
	const struct decode_format *format;
	struct decode_options times;
	void *state;			/* of an ordered format: this input's own */
	bool is_plain_file;
	pthread_mutex_t lock;		/* guards all below */
	struct stream *stream;		/* NULL: sealed */
	struct cutter cutter;
};

static void tell(struct decode_ctx *c, enum decode_cause cause, uint64_t bytes, const char *reason, int errno_value)
{
	char text[200];

	if (errno_value)
		snprintf(text, sizeof text, "%s%s%s", reason, *reason ? ": " : "", strerrordesc_np(errno_value));
	else
		snprintf(text, sizeof text, "%s", reason);
	decode_skip(c, cause, bytes, 0, text);
}

static int local_zone_min(int64_t ticks)
{
	time_t t = (time_t)(ticks / TICKS_PER_SECOND);
	struct tm tm;

	return localtime_r(&t, &tm) ? (int)(tm.tm_gmtoff / 60) : 0;
}

static void set_times(struct source *s, const struct source_options *o)
{
	int64_t date = stream_date(s->stream);

	/* A file is never of the future: `now` may have been set on the command line. */
	s->times.reference = date == TICKS_NONE || date > o->now ? o->now : date;
	s->times.year = o->year;
	s->times.carve = o->carve;
	s->times.zone_min = o->zone_local ? local_zone_min(s->times.reference) : o->zone_min;
}

/* Tells the format; false where there is nothing to read. */
static bool set_format(struct source *s, struct decode_ctx *c)
{
	struct str head = stream_peek(s->stream);

	/* Empty, or the very first read failed: the cutter of any line format says why. */
	s->format = decode_sniff(head.n ? head : STR("\n"));
	if (!s->format)
		tell(c, DECODE_INPUT_UNKNOWN, head.n, stream_packing(s->stream), 0);
	return s->format != NULL;
}

static struct source *new_source(const char *path, struct stream *stream)
{
	struct source *s = mem_alloc(sizeof *s);

	s->path = mem_alloc(strlen(path) + 1);
	memcpy(s->path, path, strlen(path));
	s->stream = stream;
	s->is_plain_file = stream_is_file(stream) && !*stream_packing(stream) && strcmp(path, "-") != 0;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

struct source *source_open(const char *path, struct stream *stream, const struct source_options *options,
			   struct decode_ctx *c)
{
	struct source *s = new_source(path, stream);

	set_times(s, options);
	if (!set_format(s, c)) {
		source_free(s);
		return NULL;
	}
	s->cutter.carve = options->carve;
	if (s->format->unit != DECODE_UNIT_JOURNAL)
		cutter_begin(&s->cutter, s->format, stream);
	if (s->format->ordered)
		s->state = s->format->state_new();
	return s;
}

void source_seal(struct source *s)
{
	pthread_mutex_lock(&s->lock);
	stream_close(s->stream);
	s->stream = NULL;
	pthread_mutex_unlock(&s->lock);
}

void source_free(struct source *s)
{
	if (!s)
		return;
	if (s->state)
		s->format->state_free(s->state);
	cutter_free(&s->cutter);
	stream_close(s->stream);
	pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}

const char *source_path(const struct source *s)
{
	return s->path;
}

const struct decode_format *source_format(const struct source *s)
{
	return s->format;
}

const struct decode_options *source_times(const struct source *s)
{
	return &s->times;
}

struct str source_head(const struct source *s)
{
	return stream_peek(s->stream);
}

uint64_t source_unread(const struct source *s)
{
	uint64_t all = stream_file_bytes(s->stream), peeked = stream_peek(s->stream).n;

	return s->is_plain_file && all > peeked ? all - peeked : 0;
}

bool source_is_plain_file(const struct source *s)
{
	return s->is_plain_file;
}

/* What ended the stream early. */
static void tell_end(const struct source *s, struct decode_ctx *c, int error)
{
	tell(c, intake_cause(stream_fault(s->stream)), 0, stream_problem(s->stream), error == ERR_IO ? errno : 0);
}

bool source_next(struct source *s, struct decode_ctx *c, struct block *out)
{
	int got = 0;

	pthread_mutex_lock(&s->lock);
	c->offset = 0;
	c->options = &s->times;
	errno = 0;
	if (s->stream)
		got = cutter_next(&s->cutter, c, out);
	if (got < 0)
		tell_end(s, c, got);
	pthread_mutex_unlock(&s->lock);
	return got == 1;
}

int source_spill(struct source *s, struct decode_ctx *c, int fd, uint64_t max)
{
	char *piece = mem_resize(NULL, CUTTER_BLOCK_BYTES);
	uint64_t all = 0;
	ptrdiff_t got;
	int err = 0;

	while (!err && (got = stream_read(s->stream, piece, CUTTER_BLOCK_BYTES)) > 0) {
		all += (uint64_t)got;
		err = all > max ? ERR_LIMIT : io_write_all(fd, piece, (size_t)got);
	}
	if (!err && got < 0)
		tell_end(s, c, (int)got);
	free(piece);
	return err;
}

static void **state_of(struct source_states *states, const struct decode_format *format)
{
	size_t i = 0;

	while (decode_formats[i] != format)
		i++;
	assert(i < sizeof states->at / sizeof states->at[0]);
	if (!states->at[i] && format->state_new)
		states->at[i] = format->state_new();
	return &states->at[i];
}

static void decode_piece(const struct source *s, struct decode_ctx *c, struct str bytes)
{
	arena_reset(c->arena);
	names_begin_batch(c->names);
	s->format->decode(c, bytes);
}

/* Slot by slot; where there is carving, each is told of the records of those before it. */
static void decode_slots(const struct source *s, struct decode_ctx *c, struct str rest)
{
	bool carve = s->times.carve && s->format->carry;
	struct buf seen = {0};

	if (carve)
		buf_str(&seen, c->context);
	for (; rest.n; rest = str_skip(rest, CUTTER_SLOT_BYTES), c->offset += CUTTER_SLOT_BYTES) {
		struct str slot = str_head(rest, CUTTER_SLOT_BYTES);

		if (carve)
			c->context = buf_get(&seen);
		decode_piece(s, c, slot);
		if (carve)
			s->format->carry(slot, &seen);
	}
	buf_free(&seen);
}

void source_decode(const struct source *s, struct decode_ctx *c, struct source_states *states, const struct block *b)
{
	struct str rest = str_n(b->p, b->n);

	c->options = &s->times;
	c->state = s->format->ordered ? s->state : *state_of(states, s->format);
	c->context = buf_get(&b->context);
	c->first_record = b->first_record;
	c->offset = b->offset;
	if (s->format->unit == DECODE_UNIT_CHUNK)
		decode_slots(s, c, rest);
	else
		decode_piece(s, c, rest);
}

void source_finish(const struct source *s, struct decode_ctx *c)
{
	if (!s->format->finish)
		return;
	c->options = &s->times;
	c->state = s->state;
	arena_reset(c->arena);
	names_begin_batch(c->names);
	s->format->finish(c);
}

void source_states_free(struct source_states *states)
{
	for (size_t i = 0; decode_formats[i]; i++) {
		if (states->at[i])
			decode_formats[i]->state_free(states->at[i]);
		states->at[i] = NULL;
	}
}
