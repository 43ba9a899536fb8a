#include "correlate/order.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void order_free(struct tally *t, struct order *o)
{
	for (uint32_t i = 0; i < o->run_count; i++)
		tally_resize(t, o->runs[i].at, o->runs[i].cap * sizeof(double), 0);
	tally_resize(t, o->runs, o->run_cap * sizeof *o->runs, 0);
	*o = (struct order){0};
}

static struct order_run *insert_run(struct tally *t, struct order *o, uint32_t at)
{
	if (o->run_count == o->run_cap) {
		uint32_t cap = o->run_cap ? o->run_cap * 2 : 1;
		o->runs = tally_resize(t, o->runs, o->run_cap * sizeof *o->runs, cap * sizeof *o->runs);
		o->run_cap = cap;
	}
	memmove(o->runs + at + 1, o->runs + at, (o->run_count - at) * sizeof *o->runs);
	o->run_count++;
	o->runs[at] = (struct order_run){0};
	return &o->runs[at];
}

static void remove_run(struct tally *t, struct order *o, uint32_t at)
{
	tally_resize(t, o->runs[at].at, o->runs[at].cap * sizeof(double), 0);
	o->run_count--;
	memmove(o->runs + at, o->runs + at + 1, (o->run_count - at) * sizeof *o->runs);
}

static void make_room(struct tally *t, struct order_run *r, uint32_t n)
{
	uint32_t cap = r->cap ? r->cap : 2;

	while (cap < n)
		cap *= 2;
	if (cap == r->cap)
		return;
	r->at = tally_resize(t, r->at, r->cap * sizeof(double), cap * sizeof(double));
	r->cap = cap;
}

/* The last run that begins with x or less; the first one where there is none. */
static uint32_t run_of(const struct order *o, double x)
{
	uint32_t low = 0, high = o->run_count;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;
		if (o->runs[mid].at[0] <= x)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* The first place of a run that holds x or more. */
static uint32_t place_of(const struct order_run *r, double x)
{
	uint32_t low = 0, high = r->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (r->at[mid] < x)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void split(struct tally *t, struct order *o, uint32_t at)
{
	struct order_run *upper = insert_run(t, o, at + 1), *lower = &o->runs[at];
	uint32_t half = lower->n / 2;

	make_room(t, upper, lower->n - half);
	upper->n = lower->n - half;
	memcpy(upper->at, lower->at + half, upper->n * sizeof(double));
	lower->n = half;
}

void order_add(struct tally *t, struct order *o, double x)
{
	if (o->run_count == 0)
		insert_run(t, o, 0);
	uint32_t at = run_of(o, x);
	if (o->runs[at].n == ORDER_RUN) {
		split(t, o, at);
		at += o->runs[at + 1].at[0] <= x;
	}
	struct order_run *r = &o->runs[at];
	make_room(t, r, r->n + 1);
	uint32_t place = place_of(r, x);
	memmove(r->at + place + 1, r->at + place, (r->n - place) * sizeof(double));
	r->at[place] = x;
	r->n++;
	o->n++;
}

/* Two neighbours that fill half a run between them become one, so that runs do not crumble. */
static void join(struct tally *t, struct order *o, uint32_t at)
{
	if (at + 1 >= o->run_count || o->runs[at].n + o->runs[at + 1].n > ORDER_RUN / 2)
		return;
	struct order_run *r = &o->runs[at], *next = r + 1;
	make_room(t, r, r->n + next->n);
	memcpy(r->at + r->n, next->at, next->n * sizeof(double));
	r->n += next->n;
	remove_run(t, o, at + 1);
}

void order_remove(struct tally *t, struct order *o, double x)
{
	assert(o->n);
	uint32_t at = run_of(o, x);
	struct order_run *r = &o->runs[at];
	uint32_t place = place_of(r, x);
	assert(place < r->n && !(r->at[place] < x) && !(r->at[place] > x));
	memmove(r->at + place, r->at + place + 1, (r->n - place - 1) * sizeof(double));
	r->n--;
	o->n--;
	if (r->n == 0)
		remove_run(t, o, at);
	else
		join(t, o, at);
}

double order_at(const struct order *o, size_t k)
{
	const struct order_run *r = o->runs;

	assert(k < o->n);
	for (; k >= r->n; r++)
		k -= r->n;
	return r->at[k];
}

struct order_rank order_rank(size_t n, double percent)
{
	double rank = percent / 100 * (double)(n - 1);
	size_t below = rank > 0 ? (size_t)rank : 0;

	if (below >= n)
		below = n - 1;
	return (struct order_rank){below, rank > (double)below ? rank - (double)below : 0};
}

double order_between(double a, double b, double part)
{
	if (!(part > 0) || !(a < b))
		return a;
	return (a < 0) == (b < 0) ? a + (b - a) * part : a * (1 - part) + b * part;	/* b - a could be infinite */
}

double order_percentile(const struct order *o, double percent)
{
	struct order_rank r = order_rank(o->n, percent);
	size_t above = r.below + 1 < o->n ? r.below + 1 : r.below;

	return order_between(order_at(o, r.below), order_at(o, above), r.part);
}
