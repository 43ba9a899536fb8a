/*
 * truc indicators check
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "hunt/indicators.h"

static void print_diags(const struct diags *diags)
{
	struct buf b = {0};

	for (size_t i = 0; i < diags_kept(diags); i++) {
		buf_clear(&b);
		diag_print(diags_at(diags, i), &b);
		buf_byte(&b, '\n');
		fwrite(b.p, 1, b.n, stdout);
	}
	buf_free(&b);
}

static void print_more(uint64_t n, const char *what)
{
	if (n)
		printf(", %llu %s", (unsigned long long)n, what);
}

static void print_counts(const struct intel_counts *c, const struct diags *diags)
{
	size_t all = diags_count(diags, DIAG_ERROR) + diags_count(diags, DIAG_UNSUPPORTED) + diags_count(diags, DIAG_WARNING);

	if (all > diags_kept(diags))
		printf("%zu more are not shown\n", all - diags_kept(diags));
	for (unsigned t = 0; t < INTEL_TYPES; t++) {
		if (c->loaded[t])
			printf("%10llu  %s\n", (unsigned long long)c->loaded[t], intel_type_info((enum intel_type)t)->name);
	}
	printf("%llu loaded", (unsigned long long)intel_counts_total(c));
	print_more(c->expired_now, "of them valid only before today");
	print_more(c->duplicates, "duplicates left out");
	print_more(c->revoked, "revoked");
	print_more(c->allowed, "allowed");
	print_more(c->refused, "refused");
	print_more(c->unused, "not used");
	putchar('\n');
}

static int check(const struct cli_args *a, const struct indicators_options *o)
{
	struct diags *diags = diags_new();
	struct intel *set;
	int err = indicators_load(o, diags, &set), status = CLI_EXIT_NOTHING;

	print_diags(diags);
	if (err)
		fprintf(stderr, "%s\n", err_text(err));
	else
		print_counts(intel_counts(set), diags);
	if (diags_count(diags, DIAG_ERROR) || diags_count(diags, DIAG_UNSUPPORTED))
		status = CLI_EXIT_FOUND;
	intel_free(set);
	diags_free(diags);
	(void)a;
	return err ? CLI_EXIT_ERROR : status;
}

static int run_check(const struct cli_args *a)
{
	struct indicators_options o = {.now = clock_now()};
	char shipped[4096];
	const char *packs = cli_packs_dir(), *fallback[] = {shipped};
	const char *const *paths, *const *allow;
	int status;

	paths = o.paths = cli_texts(a, NULL, &o.path_count);
	allow = o.allow = cli_texts(a, "allow", &o.allow_count);
	if (!o.path_count && packs) {
		snprintf(shipped, sizeof shipped, "%s/indicators", packs);
		o.paths = fallback;
		o.path_count = 1;
	}
	status = check(a, &o);
	cli_texts_free(paths);
	cli_texts_free(allow);
	return status;
}

static const struct cli_option check_options[] = {
	{"allow", 0, "PATH", "Leave out indicators that this allow-list covers (MISP warninglists)", true, NULL},
	{0},
};

static const struct cli_command check_command = {
	.name = "check",
	.summary = "Read indicators and tell every problem, with its place",
	.usage = "[options] [PATH...]",
	.text = "PATH is a file or a folder of lists, CSV, STIX 2.1 or MISP JSON; without one the shipped\n"
		"indicators. What is not used is told with its reason.\n"
		"\n"
		"Exit status: 0 all in order, 1 something is refused or not used, 2 error.",
	.options = check_options,
	.run = run_check,
};

static const struct cli_command *const subcommands[] = {&check_command, NULL};

extern const struct cli_command cmd_indicators;
const struct cli_command cmd_indicators = {
	.name = "indicators",
	.summary = "Check indicators of compromise",
	.usage = "check [options] [PATH...]",
	.subcommands = subcommands,
};
