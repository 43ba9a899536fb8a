#include "hunt/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/vec.h"

struct compare {
	VEC(uint64_t) keys;		/* sorted, each once */
	atomic_uint_fast64_t *met;	/* a bit each */
	uint64_t seed;			/* of this process: nobody can make two findings alike on purpose */
	uint64_t bad_lines;
	uint64_t places[COMPARE_PLACES];
	unsigned place_count;
};

/* --- keys --- */

/* Each part with its kind and length, so that no two findings write the same bytes. */
static void put_part(struct buf *b, char kind, const void *p, size_t n)
{
	uint64_t size = n;

	buf_byte(b, kind);
	buf_put(b, &size, sizeof size);
	if (n)
		buf_put(b, p, n);
}

static void put_number(struct buf *b, double n)
{
	put_part(b, 'n', &n, sizeof n);
}

static void put_value(struct buf *b, const json_t *v)
{
	size_t i;
	json_t *item;

	switch (json_typeof(v)) {
	case JSON_STRING: put_part(b, 's', json_string_value(v), json_string_length(v)); break;
	case JSON_INTEGER: case JSON_REAL: put_number(b, json_number_value(v)); break;
	case JSON_TRUE: put_part(b, 't', NULL, 0); break;
	case JSON_FALSE: put_part(b, 'f', NULL, 0); break;
	case JSON_ARRAY:
		put_part(b, '[', NULL, 0);
		json_array_foreach(v, i, item)
			put_value(b, item);
		put_part(b, ']', NULL, 0);
		break;
	default: put_part(b, '0', NULL, 0);	/* null; the fields of a finding hold no objects */
	}
}

static void put_fields(struct buf *b, json_t *fields)
{
	for (void *at = json_object_iter(fields); at; at = json_object_iter_next(fields, at)) {
		put_part(b, 'k', json_object_iter_key(at), json_object_iter_key_len(at));
		put_value(b, json_object_iter_value(at));
	}
}

/* One event may meet several indicators by the same fields. */
static void put_indicator(struct buf *b, json_t *indicator)
{
	json_t *type = json_object_get(indicator, "type"), *value = json_object_get(indicator, "value");

	if (!json_is_string(type) || !json_is_string(value))
		return;
	put_part(b, 'i', NULL, 0);
	put_value(b, type);
	put_value(b, value);
}

/* What stands behind the last slash; of a file in an archive that is the member's. */
static void put_base_name(struct buf *b, const json_t *file)
{
	const char *text = json_string_value(file), *slash = strrchr(text, '/');

	text = slash ? slash + 1 : text;
	put_part(b, 's', text, strlen(text));
}

static bool is_text_or_null(const json_t *v)
{
	return json_is_string(v) || json_is_null(v);
}

static int key_of(json_t *finding, uint64_t seed, uint64_t *out)
{
	json_t *rule = json_object_get(finding, "rule_id"), *time = json_object_get(finding, "time");
	json_t *host = json_object_get(finding, "host"), *source = json_object_get(finding, "source");
	json_t *file = json_object_get(source, "file"), *record = json_object_get(source, "record");
	json_t *fields = json_object_get(finding, "fields");
	struct buf b = {0};

	if (!json_is_string(rule) || !is_text_or_null(time) || !is_text_or_null(host) || !json_is_string(file) ||
	    !json_is_number(record) || !json_is_object(fields))
		return ERR_FORMAT;
	put_value(&b, rule);
	put_value(&b, time);
	put_value(&b, host);
	put_value(&b, record);
	put_base_name(&b, file);
	put_fields(&b, fields);
	put_indicator(&b, json_object_get(finding, "indicator"));
	*out = hash64(b.p, b.n, seed);
	buf_free(&b);
	return 0;
}

int compare_key(struct str line, uint64_t seed, uint64_t *out)
{
	json_error_t error;
	json_t *finding = json_loadb(line.p, line.n, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
	int err;

	if (!finding)
		return ERR_FORMAT;
	err = key_of(finding, seed, out);
	json_decref(finding);
	return err;
}

/* --- reading the old report --- */

struct reading {
	struct compare *c;
	const char *path;
	uint64_t line;
	bool began;		/* a line was not blank */
	bool skipping;		/* the rest of a line that is too long */
	char *error;
};

static const char *what_is(struct str line)
{
	if (str_starts_nocase(line, STR("<!doctype")) || str_starts_nocase(line, STR("<html")))
		return "a page in HTML";
	if (str_starts(line, STR("time,level,")))
		return "a CSV";
	if (str_starts(line, STR("{\"message\":")))
		return "made for Timesketch";
	return str_starts(line, STR("{")) ? "JSON, but no finding" : "no JSON";
}

static int refuse(struct reading *r, struct str line)
{
	snprintf(r->error, 400, "%s: line %llu: %s; --compare takes what an earlier hunt wrote with --format jsonl", r->path,
		 (unsigned long long)r->line, what_is(line));
	return ERR_FORMAT;
}

static void note_bad(struct reading *r)
{
	struct compare *c = r->c;

	c->bad_lines++;
	if (c->place_count < COMPARE_PLACES)
		c->places[c->place_count++] = r->line;
}

static int take_line(struct reading *r, struct str line)
{
	uint64_t key;

	r->line++;
	line = str_trim(line);
	if (!line.n)
		return 0;
	if (compare_key(line, r->c->seed, &key)) {
		if (!r->began)
			return refuse(r, line);
		note_bad(r);
		return 0;
	}
	r->began = true;
	if (r->c->keys.n == COMPARE_FINDINGS_MAX) {
		snprintf(r->error, 400, "%s: more than %u findings", r->path, COMPARE_FINDINGS_MAX);
		return ERR_LIMIT;
	}
	*vec_add(&r->c->keys) = key;
	return 0;
}

/* The whole lines at the buffer's beginning; what is left moves to its front. */
static int take_lines(struct reading *r, struct buf *b)
{
	size_t from = 0;
	int err = 0;

	for (const char *lf; !err && (lf = memchr(b->p + from, '\n', b->n - from)); from = (size_t)(lf - b->p) + 1) {
		if (!r->skipping)
			err = take_line(r, (struct str){b->p + from, (size_t)(lf - b->p) - from});
		r->skipping = false;
	}
	memmove(b->p, b->p + from, b->n - from);
	b->n -= from;
	if (b->n > COMPARE_LINE_MAX || r->skipping) {
		if (!r->skipping) {
			r->line++;
			note_bad(r);
		}
		r->skipping = true;
		buf_clear(b);
	}
	return err;
}

#define READ_BYTES (1u << 20)

static int read_all(struct reading *r, int fd)
{
	struct buf b = {0};
	ssize_t n = 1;
	int err = 0;

	while (!err && n > 0) {
		buf_reserve(&b, READ_BYTES);
		n = read(fd, b.p + b.n, READ_BYTES);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n > 0) {
			b.n += (size_t)n;
			err = take_lines(r, &b);
		}
	}
	if (!err && n < 0) {
		snprintf(r->error, 400, "%s: %s", r->path, strerror(errno));
		err = ERR_IO;
	}
	if (!err && b.n && !r->skipping)
		err = take_line(r, buf_get(&b));
	buf_free(&b);
	return err;
}

/* --- the set --- */

/*
 * In place: a buffer beside 25 million hashes would cost as much again, which qsort takes. The hashes are spread evenly, so
 * the middle of a range's values parts it well.
 */
static void sort(uint64_t *at, size_t n, uint64_t low, uint64_t high)
{
	while (n > 1 && low < high) {
		uint64_t middle = low + (high - low) / 2;
		size_t i = 0, j = n;

		while (i < j) {
			if (at[i] <= middle) {
				i++;
			} else {
				uint64_t other = at[--j];

				at[j] = at[i];
				at[i] = other;
			}
		}
		sort(at, i, low, middle);
		at += i;
		n -= i;
		low = middle + 1;
	}
}

static void finish(struct compare *c)
{
	size_t kept = 0;

	sort(c->keys.at, c->keys.n, 0, UINT64_MAX);
	for (size_t i = 0; i < c->keys.n; i++) {
		if (!kept || c->keys.at[kept - 1] != c->keys.at[i])
			c->keys.at[kept++] = c->keys.at[i];
	}
	c->keys.n = kept;
	c->met = mem_alloc((kept / 64 + 1) * sizeof *c->met);
}

int compare_open(const char *path, char error[400], struct compare **out)
{
	struct compare *c;
	struct reading r = {.path = path, .error = error};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err;

	if (fd < 0) {
		snprintf(error, 400, "%s: %s", path, strerror(errno));
		return errno == ENOENT ? ERR_NOENT : ERR_IO;
	}
	c = mem_alloc(sizeof *c);
	if (getrandom(&c->seed, sizeof c->seed, 0) != sizeof c->seed)
		abort();
	r.c = c;
	err = read_all(&r, fd);
	close(fd);
	if (err) {
		compare_free(c);
		return err;
	}
	finish(c);
	*out = c;
	return 0;
}

void compare_free(struct compare *c)
{
	if (!c)
		return;
	vec_free(&c->keys);
	free(c->met);
	free(c);
}

/* Its place among the keys, or SIZE_MAX. */
static size_t place_of(const struct compare *c, uint64_t key)
{
	size_t low = 0, high = c->keys.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->keys.at[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->keys.n && c->keys.at[low] == key ? low : SIZE_MAX;
}

bool compare_has(struct compare *c, const struct report_finding *f, struct buf *scratch)
{
	struct report_finding copy = *f;
	uint64_t key;
	size_t at;

	copy.event = NULL;
	buf_clear(scratch);
	report_format_find("jsonl")->render(&copy, scratch);
	if (compare_key(buf_get(scratch), c->seed, &key))
		return false;
	at = place_of(c, key);
	if (at == SIZE_MAX)
		return false;
	atomic_fetch_or_explicit(&c->met[at / 64], UINT64_C(1) << at % 64, memory_order_relaxed);
	return true;
}

void compare_figures(const struct compare *c, struct compare_figures *out)
{
	*out = (struct compare_figures){.old = c->keys.n, .bad_lines = c->bad_lines, .place_count = c->place_count};
	memcpy(out->places, c->places, sizeof out->places);
	for (size_t i = 0; i < c->keys.n / 64 + 1; i++)
		out->seen += (unsigned)__builtin_popcountll(atomic_load(&c->met[i]));
}
