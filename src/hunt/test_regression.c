/*
 * SigmaHQ's regression samples: every rule that expected.tsv names fires on its EVTX as often as stated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"
#include "base/map.h"
#include "base/testing.h"
#include "base/vec.h"
#include "decode/decode.h"
#include "decode/evtx.h"
#include "hunt/ruleset.h"
#include "sigma/naive.h"

#define RULE_ID_NONE UINT32_MAX

static struct sigma_set *set;
static struct sigma_naive *naive;
static struct diags *diags;

struct counting {
	uint32_t rule, matches, events;
};

static bool rule_matches(uint32_t rule, const struct event *e)
{
	for (uint32_t i = 0; i < set->variant_count; i++)
		if (set->variants[i].rule_index == rule && sigma_naive_variant(naive, &set->variants[i], e))
			return true;
	return false;
}

static void on_event(void *user, struct event *e)
{
	struct counting *c = user;

	c->events++;
	c->matches += rule_matches(c->rule, e);
}

static void count_file(const char *path, struct counting *c)
{
	struct arena *file = arena_new(0), *batch = arena_new(0);
	struct names *names = names_new(set->keys);
	struct decode_options options = {0};
	struct decode_stats stats = {0};
	struct str text;
	int err = io_read_file(path, 64u << 20, file, &text);

	if (err < 0)
		fail_msg("%s: %s", path, err_text(err));
	struct decode_ctx ctx = {.arena = batch, .names = names, .options = &options, .stats = &stats, .emit = on_event,
				 .user = c, .state = evtx_format.state_new ? evtx_format.state_new() : NULL};

	for (size_t at = EVTX_FILE_HEADER; at < text.n; at += EVTX_CHUNK) {
		arena_reset(batch);
		names_begin_batch(names);
		ctx.offset = at;
		evtx_format.decode(&ctx, str_head(str_skip(text, at), EVTX_CHUNK));
	}
	if (evtx_format.state_free)
		evtx_format.state_free(ctx.state);
	names_free(names);
	arena_free(batch);
	arena_free(file);
}

static uint32_t rule_of(struct str id)
{
	for (uint32_t i = 0; i < set->rule_count; i++)
		if (str_eq(set->rules[i]->id, id))
			return i;
	return RULE_ID_NONE;
}

/* One line of expected.tsv: rule_id, title, evtx, json, provider, match_count, live_records. */
static bool check_line(struct str line)
{
	struct str cells[7];
	struct counting c = {0};
	char below[1024];
	uint64_t wanted = 0;

	for (int i = 0; i < 7; i++)
		cells[i] = str_cut(&line, '\t');
	c.rule = rule_of(cells[0]);
	if (c.rule == RULE_ID_NONE) {
		print_message("%.*s: no such rule\n", STR_ARGS(cells[0]));
		return false;
	}
	snprintf(below, sizeof below, "sigma/regression/%.*s", STR_ARGS(cells[2]));
	count_file(testing_shared(below), &c);
	bool exact = str_to_u64(cells[5], &wanted) == 0;

	if (exact ? c.matches == wanted : c.matches > 0)
		return true;
	print_message("%.*s (%.*s): %u matches of %u events, expected %.*s\n", STR_ARGS(cells[0]), STR_ARGS(cells[1]), c.matches,
		      c.events, STR_ARGS(cells[5]));
	return false;
}

static void test_expected(void **state)
{
	const char *path = testing_shared("sigma/regression/expected.tsv");
	struct arena *a;
	struct str text, line;
	unsigned wrong = 0, lines = 0;

	(void)state;
	if (!path || !set)
		skip();
	a = arena_new(0);
	assert_int_equal(io_read_file(path, 1u << 20, a, &text), 0);
	str_cut(&text, '\n');
	while ((line = str_cut(&text, '\n')).n) {
		wrong += !check_line(line);
		lines++;
	}
	arena_free(a);
	assert_true(lines > 100);
	assert_int_equal(wrong, 0);
}

static int setup(void **state)
{
	const char *rules = testing_shared("sigma/rules/rules");

	(void)state;
	if (!rules)
		return 0;
	char paths[3][4200];
	const char *list[] = {paths[0], paths[1], paths[2]};

	snprintf(paths[0], sizeof paths[0], "%s", rules);
	snprintf(paths[1], sizeof paths[1], "%.4000s-emerging-threats", rules);
	snprintf(paths[2], sizeof paths[2], "%.4000s-threat-hunting", rules);
	diags = diags_new();
	assert_int_equal(ruleset_load(list, 3, "packs", diags, &set), 0);
	naive = sigma_naive_new(set);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sigma_naive_free(naive);
	sigma_set_free(set);
	diags_free(diags);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expected),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
