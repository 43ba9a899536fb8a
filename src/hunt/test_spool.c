#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/vec.h"
#include "hunt/spool.h"

/* Each case: rows, the buffer of a writer, writers, fan-in. The oracle is qsort over the same rows. */
static const struct {
	const char *name;
	unsigned rows, buffer, writers, fan_in;
	bool on_disk;
} cases[] = {
	{"none", 0, 4096, 1, 4, false},
	{"one", 1, 4096, 1, 4, false},
	{"all in memory", 500, 1u << 20, 3, 4, false},
	{"one run and memory", 60, 4096, 1, 64, true},
	{"fan-in two, many runs", 5000, 2048, 3, 2, true},
	{"fan-in three", 5000, 2048, 2, 3, true},
	{"rows longer than the buffer", 200, 64, 2, 4, true},
	{"wide", 20000, 16384, 4, 64, true},
};

struct copy {
	int64_t time;
	char path[16];
	uint64_t record;
	uint32_t rank;
	char body[600];
	size_t body_n;
};

static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % sides;
}

static void make_row(struct copy *c, unsigned n)
{
	memset(c, 0, sizeof *c);
	c->time = dice(8) ? (int64_t)dice(50) - 25 : INT64_MIN;
	snprintf(c->path, sizeof c->path, "/logs/%u", dice(12));
	c->record = dice(20);
	c->rank = dice(3);
	c->body_n = (size_t)snprintf(c->body, sizeof c->body, "%u", n / 2);	/* some rows are equal */
	if (dice(10) == 0) {
		memset(c->body + c->body_n, 'x', 500);
		c->body_n += 500;
	}
}

static int compare_copies(const void *x, const void *y)
{
	const struct copy *a = x, *b = y;
	int path = strcmp(a->path, b->path);

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	if (path)
		return path;
	if (a->record != b->record)
		return a->record < b->record ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return str_cmp(str_n(a->body, a->body_n), str_n(b->body, b->body_n));
}

struct check {
	const struct copy *want;
	unsigned at, count;
	const char *name;
};

static int check_row(void *user, const struct spool_row *row)
{
	struct check *c = user;
	const struct copy *w = &c->want[c->at];

	if (c->at == c->count)
		fail_msg("%s: more rows than were put in", c->name);
	if (row->time != w->time || row->record != w->record || row->rank != w->rank || row->rule != w->rank + 7 ||
	    !str_eq(row->path, str_c(w->path)) || !str_eq(row->body, str_n(w->body, w->body_n)))
		fail_msg("%s: row %u is another", c->name, c->at);
	c->at++;
	return 0;
}

static void run_case(size_t i)
{
	struct spool_options options = {cases[i].buffer, NULL, cases[i].fan_in};
	struct spool *s = spool_new(&options);
	struct spool_writer *w[8];
	struct copy *rows = mem_alloc((cases[i].rows + 1) * sizeof *rows);
	struct check c = {rows, 0, cases[i].rows, cases[i].name};

	for (unsigned k = 0; k < cases[i].writers; k++)
		w[k] = spool_writer_new(s);
	for (unsigned k = 0; k < cases[i].rows; k++) {
		struct copy *r = &rows[k];

		make_row(r, k);
		assert_int_equal(0, spool_add(w[dice(cases[i].writers)], &(struct spool_row){
			.time = r->time, .path = str_c(r->path), .record = r->record, .rank = r->rank,
			.rule = r->rank + 7, .body = {r->body, r->body_n}}));
	}
	if (cases[i].rows)
		qsort(rows, cases[i].rows, sizeof *rows, compare_copies);
	assert_int_equal(cases[i].rows, spool_rows(s));
	if (cases[i].on_disk != (spool_disk_bytes(s) > 0))
		fail_msg("%s: %s on disk", cases[i].name, cases[i].on_disk ? "nothing" : "rows");
	assert_int_equal(0, spool_merge(s, check_row, &c));
	if (c.at != c.count)
		fail_msg("%s: %u rows came back of %u", c.name, c.at, c.count);
	free(rows);
	spool_free(s);
}

static void sorts_as_qsort_does(void **state)
{
	(void)state;
	seed = 1;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		run_case(i);
}

static int stop_at_three(void *user, const struct spool_row *row)
{
	unsigned *n = user;

	(void)row;
	return ++*n == 3 ? 42 : 0;
}

static void stops_when_told(void **state)
{
	struct spool_options options = {1024, NULL, 2};
	struct spool *s = spool_new(&options);
	struct spool_writer *w = spool_writer_new(s);
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(0, spool_add(w, &(struct spool_row){.time = i, .path = STR("p"), .body = STR("body")}));
	assert_int_equal(42, spool_merge(s, stop_at_three, &n));
	assert_int_equal(3, n);
	spool_free(s);
}

static void a_folder_that_is_missing_is_an_error(void **state)
{
	struct spool_options options = {256, "/nonexistent/folder", 2};
	struct spool *s = spool_new(&options);
	struct spool_writer *w = spool_writer_new(s);
	int e = 0;

	(void)state;
	for (unsigned i = 0; i < 100 && !e; i++)
		e = spool_add(w, &(struct spool_row){.time = i, .path = STR("p"), .body = STR("body")});
	assert_int_equal(ERR_IO, e);
	assert_int_equal(ENOENT, errno);
	spool_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_as_qsort_does),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(a_folder_that_is_missing_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
