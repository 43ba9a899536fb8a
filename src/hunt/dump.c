#include "hunt/dump.h"

#include "base/json.h"
#include "event/value.h"
#include "hunt/intake.h"
#include "hunt/journal.h"
#include "report/text.h"

#include <stdlib.h>
#include <string.h>

struct dump {
	const struct dump_options *options;
	struct hunt_result *out;
	struct decode_ctx ctx;
	struct source_states states;
	struct stream_env env;
	atomic_bool stop;
	atomic_uint_fast64_t bytes;
	struct intake *intake;		/* under way */
	const struct source *source;
	struct buf json;
};

static void put_time(struct buf *b, int64_t time)
{
	if (time == TICKS_NONE) {
		buf_text(b, "null");
		return;
	}
	buf_byte(b, '"');
	buf_time(b, time);
	buf_byte(b, '"');
}

static void put_json(struct dump *d, const struct event *e)
{
	struct buf *b = &d->options->sink->buf;

	buf_text(b, "{\"source\":{");
	json_key(b, "file");
	json_string(b, str_c(intake_path(d->intake)));
	json_key(b, "format");
	json_string(b, str_c(source_format(d->source)->name));
	json_key(b, "record");
	buf_u64(b, e->record);
	json_key(b, "time");
	put_time(b, e->time);
	if (e->flags & EVENT_CARVED)
		buf_text(b, ",\"carved\":true");
	buf_byte(b, '}');
	buf_clear(&d->json);
	event_json(e, &d->json);
	if (d->json.n > 2)
		buf_byte(b, ',');
	buf_put(b, d->json.p + 1, d->json.n - 1);
}

static void put_shown(struct buf *b, struct str s)
{
	text_put(b, s, 1u << 20);
}

static void put_fields(struct dump *d, const struct event *e)
{
	struct buf *b = &d->options->sink->buf;

	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		if (f->space == FIELD_SYSTEM)
			continue;
		buf_byte(b, ' ');
		put_shown(b, names_text(e->names, f->name));
		buf_byte(b, '=');
		buf_clear(&d->json);
		value_json(f, &d->json);
		put_shown(b, buf_get(&d->json));
	}
}

static void put_text(struct dump *d, const struct event *e)
{
	struct buf *b = &d->options->sink->buf;
	struct str host = event_host(e);

	if (e->time == TICKS_NONE)
		buf_byte(b, '-');
	else
		buf_time(b, e->time);
	buf_byte(b, ' ');
	put_shown(b, host.p && host.n ? host : STR("-"));
	buf_byte(b, ' ');
	if (e->channel.p)
		put_shown(b, e->channel);
	else
		put_shown(b, e->service.p ? e->service : str_c(source_format(d->source)->name));
	if (e->event_id != EVENT_NO_ID) {
		buf_byte(b, '/');
		buf_i64(b, e->event_id);
	}
	if (e->raw.p) {
		buf_text(b, ": ");
		put_shown(b, e->raw);
	} else {
		put_fields(d, e);
	}
}

static bool stopped(struct dump *d)
{
	if (hunt_interrupted())
		atomic_store(&d->stop, true);
	return atomic_load(&d->stop);
}

static void on_event(void *user, struct event *e)
{
	struct dump *d = user;

	if (d->options->text)
		put_text(d, e);
	else
		put_json(d, e);
	buf_byte(&d->options->sink->buf, '\n');
	if (sink_check(d->options->sink))
		atomic_store(&d->stop, true);
}

static bool after_batch(void *user)
{
	return stopped(user);
}

static void on_skip(void *user, enum decode_cause cause, uint64_t place, const char *detail)
{
	struct dump *d = user;

	places_add(&d->out->places, cause, intake_path(d->intake), place + hunt_place_offset(cause, &d->ctx), detail);
}

static void read_blocks(struct dump *d, struct source *s)
{
	struct block block = {0};

	while (!stopped(d) && source_next(s, &d->ctx, &block))
		source_decode(s, &d->ctx, &d->states, &block);
	source_finish(s, &d->ctx);
	block_free(&block);
}

static void read_source(struct dump *d, struct source *s)
{
	d->source = s;
	if (source_format(s)->unit == DECODE_UNIT_JOURNAL) {
		journal_read(s, &d->ctx, after_batch);
		atomic_fetch_add(&d->bytes, source_unread(s));
	} else {
		read_blocks(d, s);
	}
	source_free(s);
}

static void read_item(struct dump *d, const struct file_item *item)
{
	struct source *s;
	struct intake_counts counts;

	d->intake = intake_open(item, &d->options->source, &d->env);
	while (!stopped(d)) {
		d->ctx.offset = 0;
		s = intake_next(d->intake, &d->ctx);
		if (!s)
			break;
		read_source(d, s);
	}
	counts = intake_counts(d->intake);
	d->out->files += counts.files;
	d->out->unknown_given += counts.unknown_given;
	intake_free(d->intake);
}

int dump_run(const struct dump_options *options, struct hunt_result *out)
{
	struct dump d = {.options = options, .out = out};
	struct files *files;
	struct file_item item;

	*out = (struct hunt_result){0};
	d.env = (struct stream_env){.stop = &d.stop, .bytes = &d.bytes};
	d.ctx = (struct decode_ctx){
		.arena = arena_new(0), .names = names_new(NULL), .stats = &out->stats,
		.emit = on_event, .skip = on_skip, .user = &d,
	};
	files = files_start(options->paths, options->path_count, &d.stop);
	while (!stopped(&d) && files_next(files, &item)) {
		read_item(&d, &item);
		free(item.path);
	}
	files_free(files);
	source_states_free(&d.states);
	names_free(d.ctx.names);
	arena_free(d.ctx.arena);
	buf_free(&d.json);
	out->bytes = atomic_load(&d.bytes);
	out->interrupted = hunt_interrupted();
	return options->sink->error;
}
