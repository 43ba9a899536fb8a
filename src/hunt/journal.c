#include "hunt/journal.h"

#include "base/err.h"
#include "decode/journald.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define BATCH_BYTES (1u << 20)

/*
 * libsystemd maps the file. Where somebody cuts it short meanwhile, reading behind its new end gives SIGBUS: a page of
 * zeros takes the place of the missing one, and libsystemd finds the file damaged.
 */
static void on_missing_page(int number, siginfo_t *info, void *context)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	void *at = (void *)((uintptr_t)info->si_addr & ~(page - 1));

	(void)number;
	(void)context;
	if (info->si_code != BUS_ADRERR ||
	    mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		abort();
}

static void catch_missing_pages(void)
{
	struct sigaction act = {.sa_sigaction = on_missing_page, .sa_flags = SA_SIGINFO};

	sigemptyset(&act.sa_mask);
	sigaction(SIGBUS, &act, NULL);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add_number(struct event *e, const char *name, uint64_t number)
{
	struct str text = arena_printf(e->arena, "%llu", (unsigned long long)number);

	event_add_named(e, FIELD_DATA, str_c(name), VALUE_TEXT, text);
}

static void add_pair(struct decode_ctx *c, struct event *e, struct str pair)
{
	struct str value = pair, name = str_cut(&value, '=');

	c->stats->used_bytes += pair.n;
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

/* Entries that the file said it holds when it was opened (systemd's JOURNAL_FILE_FORMAT: n_entries). */
static uint64_t entries_in(const struct source *s)
{
	struct str head = source_head(s);
	uint64_t n = 0;

	for (size_t i = 0; head.n >= 160 && i < 8; i++)
		n |= (uint64_t)(uint8_t)head.p[152 + i] << 8 * i;
	return n;
}

/* libsystemd passes over damaged entries, or ends before them, without a word: the header tells how many are lost. */
static void check_count(struct decode_ctx *c, uint64_t read, uint64_t said)
{
	char text[96];

	if (read >= said)
		return;
	snprintf(text, sizeof text, "%llu of %llu entries are damaged", (unsigned long long)(said - read),
		 (unsigned long long)said);
	decode_skip(c, DECODE_INPUT_READ, 0, 0, text);
}

static int read_all(sd_journal *j, struct decode_ctx *c, bool (*after)(void *user), uint64_t said)
{
	struct event e;
	uint64_t record = 1;
	int err;

	begin_batch(c, &e);
	for (; (err = sd_journal_next(j)) > 0; record++) {
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
	if (err == 0)
		check_count(c, record - 1, said);
	return err;
}

/*
 * A file in memory with the whole journal. It needs a name while it is read: libsystemd (252) refuses a file without links,
 * such as memfd's. False: it could not be had, which was counted.
 */
#define HELD_FOLDER "/dev/shm"
struct held { char path[64]; int fd; };

static bool hold(struct source *s, struct decode_ctx *c, struct held *out)
{
	int err = ERR_IO;

	snprintf(out->path, sizeof out->path, HELD_FOLDER "/truc-journal-XXXXXX");
	out->fd = mkostemp(out->path, O_CLOEXEC);
	if (out->fd >= 0)
		err = source_spill(s, c, out->fd, JOURNAL_HELD_MAX);
	if (err == ERR_LIMIT)
		decode_skip(c, DECODE_ARCHIVE_LIMIT, 0, 0, "a packed journal over 512 MiB: unpack it first");
	else if (err)
		decode_skip(c, DECODE_INPUT_READ, 0, 0, errno == ENOSPC ?
			    "a packed journal is held in " HELD_FOLDER ", which is full: unpack it first" :
			    "a packed journal is held in " HELD_FOLDER ", which cannot be written: unpack it first");
	return !err;
}

static void let_go(const struct held *held)
{
	if (held->fd < 0)
		return;
	unlink(held->path);
	close(held->fd);
}

void journal_read(struct source *s, struct decode_ctx *c, bool (*after)(void *user))
{
	const char *paths[2] = {source_path(s), NULL};
	uint64_t said = entries_in(s);
	struct held held = {.fd = -1};
	sd_journal *j;
	int err;

	pthread_once(&once, catch_missing_pages);
	c->options = source_times(s);
	c->state = NULL;
	c->first_record = 1;
	c->offset = 0;
	if (!source_is_plain_file(s)) {
		if (!hold(s, c, &held)) {
			let_go(&held);
			return;
		}
		paths[0] = held.path;
	}
	err = sd_journal_open_files(&j, paths, 0);
	if (err >= 0) {
		sd_journal_set_data_threshold(j, JOURNAL_FIELD_MAX);
		err = read_all(j, c, after, said);
		sd_journal_close(j);
	}
	if (err < 0)
		decode_skip(c, DECODE_INPUT_READ, 0, 0, strerrordesc_np(-err));
	let_go(&held);
}
