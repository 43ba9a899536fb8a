#include "hunt/journal.h"

#include "decode/journald.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

#define BATCH_BYTES (1u << 20)

static void add_number(struct event *e, const char *name, uint64_t number)
{
	struct str text = arena_printf(e->arena, "%llu", (unsigned long long)number);

	event_add_named(e, FIELD_DATA, str_c(name), VALUE_TEXT, text);
}

static void add_pair(struct decode_ctx *c, struct event *e, struct str pair)
{
	struct str value = pair, name = str_cut(&value, '=');

	if (!value.p)
		return;
	if (pair.n >= JOURNAL_FIELD_MAX) {
		decode_skip(c, DECODE_TEXT_LONG, 0, e->record, "a field over 256 KiB");
		e->flags |= EVENT_PARTIAL;
	}
	if (!event_add_named(e, FIELD_DATA, name, VALUE_TEXT, arena_str(e->arena, value)))
		decode_skip(c, DECODE_FIELDS_LIMIT, value.n, e->record, NULL);
}

static int read_entry(sd_journal *j, struct decode_ctx *c, struct event *e)
{
	const void *data;
	size_t n;
	uint64_t usec;
	int err = sd_journal_get_realtime_usec(j, &usec);

	if (err < 0)
		return err;
	add_number(e, "__REALTIME_TIMESTAMP", usec);
	while ((err = sd_journal_enumerate_available_data(j, &data, &n)) > 0)
		add_pair(c, e, str_n(data, n));
	return err;
}

static void begin_batch(struct decode_ctx *c, struct event *e)
{
	arena_reset(c->arena);
	names_begin_batch(c->names);
	event_init(e, c->names, c->arena);
}

static int read_all(sd_journal *j, struct decode_ctx *c, bool (*after)(void *user))
{
	struct event e;
	int err;

	begin_batch(c, &e);
	for (uint64_t record = 1; (err = sd_journal_next(j)) > 0; record++) {
		event_clear(&e);
		e.record = record;
		err = read_entry(j, c, &e);
		if (err < 0) {
			decode_skip(c, DECODE_INPUT_READ, 0, record, strerrordesc_np(-err));
			continue;
		}
		journald_finish(c, &e);
		c->stats->events++;
		c->emit(c->user, &e);
		if (arena_used(c->arena) < BATCH_BYTES)
			continue;
		if (after(c->user))
			return 0;
		begin_batch(c, &e);
	}
	return err;
}

void journal_read(const struct source *s, struct decode_ctx *c, bool (*after)(void *user))
{
	const char *paths[2] = {source_path(s), NULL};
	sd_journal *j;
	int err = sd_journal_open_files(&j, paths, 0);

	c->options = source_times(s);
	c->state = NULL;
	c->first_record = 1;
	c->offset = 0;
	if (err >= 0) {
		sd_journal_set_data_threshold(j, JOURNAL_FIELD_MAX);
		err = read_all(j, c, after);
		sd_journal_close(j);
	}
	if (err < 0)
		decode_skip(c, DECODE_INPUT_READ, 0, 0, strerrordesc_np(-err));
}
