/*
 * correlate: how fast matches go through one correlation, and what a million live keys cost.
 *
 *	correlate WHAT KEYS MATCHES
 *
 * WHAT is a type (event_count, value_count, ...), with "naive:" before it the plain reading of it, or "floor": each key is looked
 * up in a hash table and its count raised. Keys take turns; all of them stay live.
 *
 * Prints "matches_per_cpu_second bytes": of CPU time of this process, and what its resident memory grew to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "correlate/correlate.h"

struct bench {
	const char *what;
	uint64_t keys, matches, told;
	struct correlate *fast;
	struct correlate_naive *naive;
	struct arena *arena;
	struct map *map;
	VEC(uint64_t) counts;
};

static double cpu_seconds(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static size_t resident_peak(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (size_t)r.ru_maxrss << 10;
}

static void ended(void *user, const struct correlate_episode *e)
{
	*(uint64_t *)user += e->count;
}

static void put_number(char *p, uint64_t v)
{
	for (int i = 9; i >= 0; i--, v /= 10)
		p[i] = (char)('0' + v % 10);
}

/* Keys as of a host: "host-NNNNNNNNNN". Values: two thousand that all keys share; of many keys, none twice. */
static void match_of(const struct bench *b, uint64_t i, char *key, char *value, struct correlate_match *m)
{
	uint64_t k = i % b->keys;

	put_number(key + 9, k * 7919 % b->keys);
	put_number(value + 8, b->keys > 10000 ? i : i / b->keys % 2000);
	*m = (struct correlate_match){(uint32_t)(i / b->keys % 3), {(int64_t)i, i, 0, 0}, {key, 19}, {key + 4, 15}, {value, 18}, (double)(i % 1000)};
}

static void feed(struct bench *b)
{
	char key[] = "\x0f\0\0\0host-0000000000", value[] = "\x0e\0\0\0user0000000000";
	struct correlate_match m;

	for (uint64_t i = 0; i < b->matches; i++) {
		match_of(b, i, key, value, &m);
		if (b->fast) {
			correlate_add(b->fast, &m);
		} else if (b->naive) {
			correlate_naive_add(b->naive, &m);
		} else {
			uint32_t at = map_get(b->map, m.key);
			if (at == MAP_NONE) {
				at = map_put(b->map, arena_str(b->arena, m.key), (uint32_t)b->counts.n);
				vec_add(&b->counts);
			}
			b->counts.at[at]++;
		}
	}
}

static int begin(struct bench *b)
{
	struct correlate_calls calls = {&b->told, NULL, ended};
	bool naive = strncmp(b->what, "naive:", 6) == 0;
	struct correlate_spec spec = {.rule_count = 3, .timespan = INT64_MAX, .percentile = 50, .condition_count = 1,
				      .conditions = {{CORRELATE_GTE, 1e12}}};

	b->arena = arena_new(0);
	b->map = map_new(0);
	if (strcmp(b->what, "floor") == 0)
		return 0;
	spec.type = correlate_type_of(str_c(b->what + (naive ? 6 : 0)));
	if (spec.type == CORRELATE_TYPES)
		return -1;
	/* Counting events, a condition keeps as many as it compares with. */
	if (spec.type == CORRELATE_EVENT_COUNT)
		spec.conditions[0].number = 5;
	if (naive)
		b->naive = correlate_naive_new(&spec, &calls);
	else
		b->fast = correlate_new(&spec, NULL, &calls);
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = {.what = argc > 1 ? argv[1] : ""};

	if (argc != 4 || str_to_u64(str_c(argv[2]), &b.keys) != 0 || str_to_u64(str_c(argv[3]), &b.matches) != 0 || b.keys == 0 ||
	    begin(&b) != 0) {
		fprintf(stderr, "usage: correlate WHAT KEYS MATCHES\n");
		return 2;
	}
	size_t before = resident_peak();
	double begun = cpu_seconds();
	feed(&b);
	double took = cpu_seconds() - begun;
	printf("%.0f %zu\n", (double)b.matches / (took > 0 ? took : 1e-9), resident_peak() - before);
	if (b.fast) {
		struct correlate_counts n = correlate_counts(b.fast);
		fprintf(stderr, "correlate: %s: %zu groups, %zu bytes counted, dropped %" PRIu64 " groups, %" PRIu64 " entries\n", b.what,
			n.groups_peak, n.bytes_peak, n.dropped_groups, n.dropped_entries);
	}
	correlate_free(b.fast);
	correlate_naive_free(b.naive);
	vec_free(&b.counts);
	map_free(b.map);
	arena_free(b.arena);
	return 0;
}
