/*
 * The naive evaluator and the compiled one agree on every event. In `make check` with every RULE_STEP-th rule on the small
 * data sets; with TRUC_DIFFERENTIAL=all all rules on all data sets, and TRUC_DIFFERENTIAL=PATH all rules on that path.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/testing.h"
#include "event/value.h"
#include "hunt/ruleset.h"
#include "hunt/samples.h"
#include "sigma/naive.h"
#include "sigma/program.h"

#define RULE_STEP 16u
#define FILE_EVENTS_MAX 60u		/* of one file, in `make check` */
#define REPORTS_MAX 20u

struct pair {
	struct sigma_set *set;
	struct sigma_naive *naive;
	struct sigma_program *program;
	struct sigma_matcher *matcher;
	struct ruleset_files files;
	struct diags *diags;
	const char *path;
	uint64_t events, findings, in_file, most_in_file;
	unsigned wrong, files_read;
};

/* The same event with the program's keys. */
static struct event with_keys(const struct event *e, const struct keys *keys)
{
	struct event copy = *e;

	copy.fields = arena_alloc(e->arena, (e->field_count + 1) * sizeof *copy.fields);
	for (uint32_t i = 0; i < e->field_count; i++) {
		copy.fields[i] = e->fields[i];
		copy.fields[i].key = keys_find(keys, names_text(e->names, e->fields[i].name));
	}
	copy.field_cap = e->field_count;
	return copy;
}

static void report(struct pair *p, const struct event *e, uint32_t rule, bool naive)
{
	struct buf b = {0};

	if (p->wrong++ >= REPORTS_MAX)
		return;
	event_json(e, &b);
	print_message("%s record %llu: only the %s evaluator: %.*s (%.*s)\n  %.*s\n", p->path, (unsigned long long)e->record,
		      naive ? "naive" : "compiled", STR_ARGS(p->set->rules[rule]->id), STR_ARGS(p->set->rules[rule]->title),
		      STR_ARGS(str_head(buf_get(&b), 1500)));
	buf_free(&b);
}

static void on_event(void *user, struct event *e)
{
	struct pair *p = user;
	const uint32_t *a, *b;
	uint32_t an, bn, i = 0, k = 0;
	struct event copy;

	if (p->in_file++ >= p->most_in_file)
		return;
	copy = with_keys(e, sigma_program_keys(p->program));
	an = sigma_naive_run(p->naive, e, &a);
	bn = sigma_matcher_run(p->matcher, &copy, &b);
	p->events++;
	p->findings += an;
	while (i < an || k < bn) {
		if (k == bn || (i < an && a[i] < b[k]))
			report(p, e, a[i++], true);
		else if (i == an || b[k] < a[i])
			report(p, e, b[k++], false);
		else {
			i++;
			k++;
		}
	}
}

static int on_file(void *user, const char *path)
{
	struct pair *p = user;
	struct sample_result result;

	p->path = path;
	p->in_file = 0;
	p->files_read += samples_each(path, p->set->keys, on_event, p, &result) == 0;
	return 0;
}

static void run_folder(struct pair *p, const char *below)
{
	struct io_walk walk = {.visit = on_file, .user = p};
	const char *path = below[0] == '/' ? below : testing_shared(below);

	if (path)
		assert_int_equal(io_walk(path, &walk), 0);
}

static bool open_pair(struct pair *p, uint32_t step)
{
	static const char *const folders[] = {"sigma/rules/rules", "sigma/rules/rules-emerging-threats",
					      "sigma/rules/rules-threat-hunting", "sigma/rules/rules-compliance"};
	char text[4][4200];
	const char *list[4];
	uint32_t kept = 0;

	for (int i = 0; i < 4; i++) {
		const char *path = testing_shared(folders[i]);

		if (!path)
			return false;
		snprintf(text[i], sizeof text[i], "%s", path);
		list[i] = text[i];
	}
	p->diags = diags_new();
	assert_int_equal(ruleset_read(list, 4, "packs", p->diags, &p->files), 0);
	/* Chosen by their contents, so that one rule more does not change the choice. */
	for (uint32_t i = 0; i < p->files.count; i++)
		if (hash_str(p->files.at[i].text) % step == 0)
			p->files.at[kept++] = p->files.at[i];
	p->files.count = kept;
	assert_int_equal(ruleset_bind(&p->files, p->diags, &p->set), 0);
	p->naive = sigma_naive_new(p->set);
	p->program = sigma_program_compile(p->set, 2);
	p->matcher = sigma_matcher_new(p->program);
	return true;
}

static void close_pair(struct pair *p)
{
	sigma_matcher_free(p->matcher);
	sigma_program_free(p->program);
	sigma_naive_free(p->naive);
	sigma_set_free(p->set);
	ruleset_files_free(&p->files);
	diags_free(p->diags);
}

static void test_agree(void **state)
{
	static const char *const some[] = {"sigma/regression", "evtx/attack-samples", "logs", NULL};
	static const char *const all[] = {"sigma/regression", "evtx", "logs", "json", NULL};
	const char *wish = getenv("TRUC_DIFFERENTIAL"), *one[] = {wish, NULL};
	struct pair p = {.most_in_file = wish ? UINT64_MAX : FILE_EVENTS_MAX};
	const char *const *folders = !wish ? some : strcmp(wish, "all") == 0 ? all : one;

	(void)state;
	if (!open_pair(&p, wish ? 1 : RULE_STEP))
		skip();
	for (size_t i = 0; folders[i]; i++)
		run_folder(&p, folders[i]);
	print_message("%u rules, %u files, %llu events, %llu findings, %u differences\n", p.set->rule_count, p.files_read,
		      (unsigned long long)p.events, (unsigned long long)p.findings, p.wrong);
	assert_true(p.events > 100 || wish);
	assert_true(p.findings > 10 || wish);
	assert_int_equal(p.wrong, 0);
	close_pair(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
