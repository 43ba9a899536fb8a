/*
 * The compiled evaluator against the naive one: SigmaHQ's rules on the shared EVTX files and JSON logs, every event, also
 * after the program was saved and loaded. A sample of rules and files, unless TRUC_LONG=1 is set: then all of them.
 * Skipped where the data is not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/vec.h"
#include "decode/decode.h"
#include "event/value.h"
#include "sigma/naive.h"
#include "sigma/program.h"

#define FILE_MAX ((size_t)64 << 20)
#define CHUNK_SIZE 65536u
#define EVTX_HEADER_SIZE 4096u

struct run {
	char shared[1024];
	bool whole;			/* TRUC_LONG */
	unsigned rule_files, event_files;
	struct sigma_set *set;
	struct diags *diags;
	struct sigma_program *program;
	struct sigma_matcher *matcher;
	struct sigma_naive *naive;
	struct names *names;
	struct arena *texts, *files, *batch;	/* of the rules; of one file; of one block */
	const char *path;
	uint64_t events, findings;
};

static bool find_shared(struct run *r)
{
	static const char *const below[] = {"", "/data"};
	const char *top = getenv("TRUC_SHARED"), *whole = getenv("TRUC_LONG");
	r->whole = whole && *whole == '1';
	for (size_t i = 0; i < 2; i++) {
		char path[1200];
		snprintf(r->shared, sizeof r->shared, "%s%s", top ? top : "../shared", below[i]);
		snprintf(path, sizeof path, "%s/sigma/README.md", r->shared);
		FILE *f = fopen(path, "r");
		if (f) {
			fclose(f);
			return true;
		}
	}
	return false;
}

static int add_rule(void *user, const char *path)
{
	struct run *r = user;
	struct str text, name = str_c(path);
	if (!str_ends(name, STR(".yml")) || strstr(path, "/deprecated/") || strstr(path, "/unsupported/"))
		return 0;
	if (r->rule_files++ % 10 && !r->whole)
		return 0;
	assert_int_equal(io_read_file(path, SIGMA_FILE_MAX, r->texts, &text), 0);
	sigma_set_add(r->set, arena_str(r->texts, name), text, r->diags);
	return 0;
}

static void load_rules(struct run *r)
{
	char path[1200];
	struct str text;
	struct buf image = {0};
	r->set = sigma_set_new();
	r->diags = diags_new();
	assert_int_equal(io_read_file("packs/sigma/logsources.yaml", SIGMA_FILE_MAX, r->texts, &text), 0);
	assert_int_equal(sigma_set_mapping(r->set, STR("logsources.yaml"), text, r->diags), 0);
	snprintf(path, sizeof path, "%s/sigma/rules", r->shared);
	assert_int_equal(io_walk(path, &(struct io_walk){add_rule, NULL, r}), 0);
	sigma_set_bind(r->set, r->diags);
	struct sigma_program *first = sigma_program_compile(r->set, 2);
	sigma_program_save(first, &image);
	sigma_program_free(first);
	assert_int_equal(sigma_program_load(buf_get(&image), &r->program), 0);
	buf_free(&image);
	r->matcher = sigma_matcher_new(r->program);
	r->naive = sigma_naive_new(r->set);
	r->names = names_new(sigma_program_keys(r->program));
}

static void emit(void *user, struct event *e)
{
	struct run *r = user;
	const uint32_t *compiled, *naive;
	uint32_t n = sigma_matcher_run(r->matcher, e, &compiled), want = sigma_naive_run(r->naive, e, &naive);
	r->events++;
	r->findings += n;
	if (n == want && memcmp(compiled, naive, n * sizeof *naive) == 0)
		return;
	for (uint32_t i = 0; i < n; i++)
		print_message("compiled: %.*s\n", STR_ARGS(sigma_program_rule(r->program, compiled[i])->title));
	for (uint32_t i = 0; i < want; i++)
		print_message("naive: %.*s\n", STR_ARGS(sigma_program_rule(r->program, naive[i])->title));
	fail_msg("%s record %lu: %u rules, not %u", r->path, (unsigned long)e->record, n, want);
}

static void decode_blocks(struct run *r, const struct decode_format *format, struct str text)
{
	struct decode_stats stats = {0};
	struct decode_options options = {0};
	struct decode_ctx c = {.arena = r->batch, .names = r->names, .options = &options, .stats = &stats, .emit = emit,
			       .user = r, .first_record = 1};
	bool chunks = format->unit == DECODE_UNIT_CHUNK;
	c.state = format->state_new ? format->state_new() : NULL;
	if (chunks)
		text = str_skip(text, EVTX_HEADER_SIZE);
	while (text.n) {
		struct str block = chunks ? str_head(text, CHUNK_SIZE) : text;
		arena_reset(r->batch);
		names_begin_batch(r->names);
		format->decode(&c, block);
		text = str_skip(text, block.n);
	}
	if (format->state_free)
		format->state_free(c.state);
}

static int add_events(void *user, const char *path)
{
	struct run *r = user;
	struct str text;
	if (r->event_files++ % 8 && !r->whole)
		return 0;
	arena_reset(r->files);
	if (io_read_file(path, FILE_MAX, r->files, &text) != 0)
		return 0;
	const struct decode_format *format = decode_sniff(str_head(text, CHUNK_SIZE));
	if (!format || format->unit == DECODE_UNIT_JOURNAL)
		return 0;
	r->path = path;
	decode_blocks(r, format, text);
	return 0;
}

static void test_agreement(void **state)
{
	static const char *const folders[] = {"evtx/attack-samples", "sigma/regression", "logs/windows-json", "logs/openssh"};
	struct run r = {0};
	(void)state;
	if (!find_shared(&r)) {
		print_message("SKIP the shared test data is not there ($TRUC_SHARED, ../shared)\n");
		skip();
	}
	r.texts = arena_new(1u << 20);
	r.files = arena_new(1u << 20);
	r.batch = arena_new(1u << 20);
	load_rules(&r);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		char path[1200];
		snprintf(path, sizeof path, "%s/%s", r.shared, folders[i]);
		assert_int_equal(io_walk(path, &(struct io_walk){add_events, NULL, &r}), 0);
	}
	print_message("%u rules, %lu events, %lu findings\n", sigma_program_rule_count(r.program), (unsigned long)r.events,
		      (unsigned long)r.findings);
	assert_true(r.events > 1000 && r.findings > 10);
	sigma_matcher_free(r.matcher);
	sigma_naive_free(r.naive);
	sigma_program_free(r.program);
	sigma_set_free(r.set);
	diags_free(r.diags);
	names_free(r.names);
	arena_free(r.texts);
	arena_free(r.files);
	arena_free(r.batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_agreement)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
