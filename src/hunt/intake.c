#include "hunt/intake.h"

#include "base/err.h"
#include "base/vec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct intake {
	const struct file_item *item;
	const struct source_options *options;
	const struct stream_env *env;
	struct members *levels[MEMBERS_DEPTH_MAX + 1];	/* archives inside one another; the last one says that it is too deep */
	unsigned depth;
	bool opened;
	struct buf path;
	struct intake_counts counts;
};

struct intake *intake_open(const struct file_item *item, const struct source_options *options, const struct stream_env *env)
{
	struct intake *in = mem_alloc(sizeof *in);

	in->item = item;
	in->options = options;
	in->env = env;
	return in;
}

void intake_free(struct intake *in)
{
	if (!in)
		return;
	while (in->depth)
		members_close(in->levels[--in->depth]);
	buf_free(&in->path);
	free(in);
}

const char *intake_path(const struct intake *in)
{
	return in->path.n ? in->path.p : in->item->path;
}

struct intake_counts intake_counts(const struct intake *in)
{
	return in->counts;
}

static void set_path(struct intake *in, const char *path)
{
	buf_clear(&in->path);
	buf_put(&in->path, path, strlen(path) + 1);
}

enum decode_cause intake_cause(enum stream_fault fault)
{
	switch (fault) {
	case STREAM_FAULT_READ: return DECODE_INPUT_READ;
	case STREAM_FAULT_ARCHIVE: return DECODE_ARCHIVE_DAMAGED;
	case STREAM_FAULT_LOCKED: return DECODE_ARCHIVE_ENCRYPTED;
	case STREAM_FAULT_KIND: return DECODE_ARCHIVE_KIND;
	case STREAM_FAULT_LIMIT: return DECODE_ARCHIVE_LIMIT;
	default: return DECODE_INPUT_COMPRESSED;
	}
}

/* The input itself. */
static struct stream *open_file(struct intake *in, struct decode_ctx *c)
{
	struct stream *stream = NULL;
	int err = ERR_IO;

	in->opened = true;
	errno = in->item->problem;
	if (!in->item->problem)
		err = stream_open(in->item->path, in->item->found, in->env, &stream);
	/* What changed from a file to something else since the walk saw it is none of ours. */
	if (err && err != ERR_UNSUPPORTED)
		decode_skip(c, DECODE_INPUT_READ, 0, 0, strerrordesc_np(errno));
	return stream;
}

/* The next member of the innermost archive; NULL: ask again. */
static struct stream *open_member(struct intake *in, struct decode_ctx *c)
{
	struct members *m = in->levels[in->depth - 1];
	struct members_item item;
	enum members_found found = members_next(m, &item);

	if (found == MEMBERS_END) {
		members_close(m);
		in->depth--;
		return NULL;
	}
	set_path(in, item.path);
	if (found == MEMBERS_FILE)
		return item.stream;
	decode_skip(c, found == MEMBERS_LINK ? DECODE_ARCHIVE_LINK : intake_cause(item.fault), 0, 0, item.problem);
	return NULL;
}

static struct source *open_source(struct intake *in, struct stream *stream, struct decode_ctx *c)
{
	uint64_t unknown = c->stats->count[DECODE_INPUT_UNKNOWN];
	struct source *s;

	in->counts.files++;
	s = source_open(intake_path(in), stream, in->options, c);
	if (c->stats->count[DECODE_INPUT_UNKNOWN] > unknown && !in->item->found && !in->depth)
		in->counts.unknown_given++;
	return s;
}

struct source *intake_next(struct intake *in, struct decode_ctx *c)
{
	struct source *s = NULL;

	while (!s && (in->depth || !in->opened)) {
		struct stream *stream = in->depth ? open_member(in, c) : open_file(in, c);
		enum members_kind kind = stream ? members_sniff(stream_peek(stream)) : MEMBERS_NONE;
		struct members *outer = in->depth ? in->levels[in->depth - 1] : NULL;

		if (kind != MEMBERS_NONE)
			in->levels[in->depth++] = members_open(stream, kind, intake_path(in), outer, &in->options->archives);
		else if (stream)
			s = open_source(in, stream, c);
		if (in->env->stop && atomic_load_explicit(in->env->stop, memory_order_relaxed))
			break;
	}
	return s;
}
