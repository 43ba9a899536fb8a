/*
 * truc rules check|list|explain|test
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "hunt/correlation_try.h"
#include "hunt/explain.h"
#include "hunt/ruleset.h"
#include "hunt/samples.h"

#define CODES_MAX 64u

struct job {
	struct diags *diags;
	struct sigma_set *set;
};

static void write_out(FILE *to, const struct buf *b)
{
	fwrite(b->p ? b->p : "", 1, b->n, to);
}

static const char *pack_rules(const char *packs)
{
	static char path[4096];

	snprintf(path, sizeof path, "%s/sigma/rules", packs);
	return path;
}

static struct ruleset_extra get_extra(const struct cli_args *args)
{
	static const char *files[64];
	struct ruleset_extra extra = {.placeholders = files, .filters_exclude = cli_has(args, "filters-exclude")};

	extra.placeholder_count = cli_count(args, "placeholders");
	if (extra.placeholder_count > sizeof files / sizeof *files)
		extra.placeholder_count = sizeof files / sizeof *files;
	for (size_t i = 0; i < extra.placeholder_count; i++)
		files[i] = cli_get_at(args, "placeholders", i);
	return extra;
}

/* The rule paths: those of --rules or the positional ones from `first` on, else the shipped pack. */
static int load(const struct cli_args *args, bool positional, struct job *job)
{
	const char *packs = cli_packs_dir(), *fallback;
	VEC(const char *) paths = {0};
	size_t n = positional ? cli_path_count(args) : cli_count(args, "rules");
	int err;

	if (!packs) {
		fprintf(stderr, "truc: packs/sigma/logsources.yaml is not found; set TRUC_PACKS\n");
		return ERR_NOENT;
	}
	for (size_t i = 0; i < n; i++)
		*vec_add(&paths) = positional ? cli_path(args, i) : cli_get_at(args, "rules", i);
	fallback = pack_rules(packs);
	if (!n)
		*vec_add(&paths) = fallback;
	job->diags = diags_new();
	struct ruleset_request request = {.paths = paths.at, .path_count = paths.n, .packs_dir = packs, .extra = get_extra(args)};

	err = ruleset_load_request(&request, job->diags, &job->set);
	vec_free(&paths);
	return err;
}

static void print_diags(const struct diags *diags, FILE *to, bool errors_only)
{
	struct buf b = {0};

	for (size_t i = 0; i < diags_kept(diags); i++) {
		const struct diag *d = diags_at(diags, i);

		if (errors_only && d->severity != DIAG_ERROR)
			continue;
		diag_print(d, &b);
		buf_byte(&b, '\n');
	}
	write_out(to, &b);
	buf_free(&b);
}

static void job_free(struct job *job)
{
	sigma_set_free(job->set);
	diags_free(job->diags);
}

/* ---- check ---- */

struct code_count { const char *code; enum diag_severity severity; size_t n; };

static size_t count_codes(const struct diags *diags, struct code_count *out)
{
	size_t count = 0;

	for (size_t i = 0; i < diags_kept(diags); i++) {
		const struct diag *d = diags_at(diags, i);
		size_t k = 0;

		while (k < count && (strcmp(out[k].code, d->code) != 0 || out[k].severity != d->severity))
			k++;
		if (k == count && count < CODES_MAX)
			out[count++] = (struct code_count){d->code, d->severity, 0};
		if (k < count)
			out[k].n++;
	}
	return count;
}

static void print_summary(const struct job *job)
{
	static const char *const words[] = {"error", "unsupported", "warning"};
	const struct sigma_counts *c = &job->set->counts;
	struct code_count codes[CODES_MAX];
	size_t n = count_codes(job->diags, codes);

	for (int severity = 0; severity < 3; severity++)
		for (size_t i = 0; i < n; i++)
			if ((int)codes[i].severity == severity)
				printf("%8zu  %s: %s\n", codes[i].n, words[severity], codes[i].code);
	printf("%u rule%s loaded, %u refused, %u unsupported (%u for placeholders that are not set)", c->loaded,
	       c->loaded == 1 ? "" : "s", c->refused, c->unsupported, c->placeholders);
	if (c->correlations || c->filters)
		printf("; %u correlation%s, %u filter%s", c->correlations, c->correlations == 1 ? "" : "s", c->filters,
		       c->filters == 1 ? "" : "s");
	printf("; %u document%s in %u file%s\n", c->documents, c->documents == 1 ? "" : "s", c->files,
	       c->files == 1 ? "" : "s");
}

static int run_check(const struct cli_args *args)
{
	struct job job = {0};
	int err = load(args, true, &job), status = CLI_EXIT_NOTHING;

	if (err == ERR_NOENT && !job.diags)
		return CLI_EXIT_ERROR;
	print_diags(job.diags, stdout, false);
	if (job.set && !job.set->counts.files && !err) {
		fprintf(stderr, "truc rules check: no rule file there; rules are files named *.yml or *.yaml\n");
		err = ERR_NOENT;
	} else if (job.set) {
		print_summary(&job);
		if (diags_count(job.diags, DIAG_ERROR) || diags_count(job.diags, DIAG_UNSUPPORTED))
			status = CLI_EXIT_FOUND;
	}
	job_free(&job);
	return err < 0 ? CLI_EXIT_ERROR : status;
}

/* ---- list ---- */

static struct str source_text(const struct sigma_rule *r, struct buf *b)
{
	const struct str parts[] = {r->product, r->category, r->service};

	buf_clear(b);
	if (r->correlation)
		buf_printf(b, "correlation %s", correlate_type_name(r->correlation->spec.type));
	for (int i = 0; i < 3; i++) {
		if (!parts[i].p)
			continue;
		if (b->n)
			buf_byte(b, '/');
		buf_str(b, parts[i]);
	}
	return buf_get(b);
}

static void list_line(const struct sigma_rule *r, struct buf *out, struct buf *scratch)
{
	struct buf title = {0};

	buf_utf8(&title, r->title);
	for (size_t i = 0; i < title.n; i++)
		if ((unsigned char)title.p[i] < 0x20 || title.p[i] == 0x7F)
			title.p[i] = '?';
	buf_printf(out, "%-36.*s  %-13s  %-34.*s  %.*s\n", STR_ARGS(str_head(r->id, 36)), sigma_level_name(r->level),
		   STR_ARGS(source_text(r, scratch)), STR_ARGS(buf_get(&title)));
	buf_free(&title);
}

static void list_json(const struct sigma_rule *r, struct buf *out)
{
	struct { const char *key; struct str text; } parts[] = {
		{"id", r->id}, {"title", r->title}, {"level", str_c(sigma_level_name(r->level))}, {"status", r->status},
		{"product", r->product}, {"category", r->category}, {"service", r->service}, {"author", r->author},
		{"file", r->file}};

	buf_byte(out, '{');
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (!parts[i].text.p)
			continue;
		json_key(out, parts[i].key);
		json_string(out, parts[i].text);
	}
	if (r->correlation) {
		json_key(out, "correlation");
		json_string(out, str_c(correlate_type_name(r->correlation->spec.type)));
	}
	json_key(out, "tags");
	buf_byte(out, '[');
	for (uint32_t i = 0; i < r->tag_count; i++) {
		json_comma(out);
		json_string(out, r->tags[i]);
	}
	buf_text(out, "]}\n");
}

static int run_list(const struct cli_args *args)
{
	const char *format = cli_get(args, "format");
	struct buf out = {0}, scratch = {0};
	struct job job = {0};
	bool json = format && strcmp(format, "jsonl") == 0;
	int err;

	if (format && !json && strcmp(format, "table") != 0)
		return cli_usage(args, "--format takes table or jsonl, not '%s'", format);
	err = load(args, true, &job);
	if (job.diags)
		print_diags(job.diags, stderr, true);
	for (uint32_t i = 0; job.set && i < job.set->rule_count; i++) {
		if (json)
			list_json(job.set->rules[i], &out);
		else
			list_line(job.set->rules[i], &out, &scratch);
	}
	write_out(stdout, &out);
	buf_free(&out);
	buf_free(&scratch);
	job_free(&job);
	return err < 0 ? CLI_EXIT_ERROR : CLI_EXIT_NOTHING;
}

/* ---- explain ---- */

struct explaining {
	struct explain x;
	struct str id;		/* STR_NONE: all rules of `file` */
	struct str file;	/* or STR_NONE */
	bool met;
	uint32_t rules;		/* rules that were explained for one event */
};

static bool is_asked_for(const struct explaining *w, const struct sigma_rule *r)
{
	if (w->id.p)
		return str_eq_nocase(r->id, w->id) || str_eq_nocase(r->title, w->id);
	return str_eq(r->file, w->file);
}

static void explain_event(void *user, struct event *e)
{
	struct explaining *w = user;

	w->rules = 0;
	for (uint32_t i = 0; i < w->x.set->rule_count; i++) {
		const struct sigma_rule *r = w->x.set->rules[i];

		if (r->correlation || !is_asked_for(w, r))
			continue;
		w->rules++;
		w->met |= explain_rule(&w->x, i, e);
	}
	write_out(stdout, w->x.out);
	buf_clear(w->x.out);
}

/* A correlation in the file may name rules that stand beside it. */
static int load_with_folder(const struct cli_args *args, const char *rule, struct job *job)
{
	const char *slash = strrchr(rule, '/'), *paths[2] = {rule, NULL};
	static char folder[4096];
	struct ruleset_request request = {.paths = paths, .path_count = 1, .packs_dir = cli_packs_dir(), .extra = get_extra(args)};
	int err = ruleset_load_request(&request, job->diags, &job->set);
	bool missing = false;

	for (size_t i = 0; i < diags_kept(job->diags); i++)
		missing |= strcmp(diags_at(job->diags, i)->code, "unknown-reference") == 0;
	if (err || !missing)
		return err;
	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - rule) : 1, slash ? rule : ".");
	paths[0] = folder;
	sigma_set_free(job->set);
	job->set = NULL;
	return ruleset_load_request(&request, job->diags, &job->set);
}

static int load_for_explain(const struct cli_args *args, struct explaining *w, struct job *job)
{
	const char *rule = cli_path(args, 0);

	if (access(rule, R_OK) != 0) {
		w->id = str_c(rule);
		return load(args, false, job);
	}
	w->file = str_c(rule);
	job->diags = diags_new();
	return load_with_folder(args, rule, job);
}

static bool rule_is_there(const struct explaining *w)
{
	for (uint32_t i = 0; i < w->x.set->rule_count; i++)
		if (is_asked_for(w, w->x.set->rules[i]))
			return true;
	return false;
}

/* Problems of other rules would only hide the answer; where the rule is not there, one of them may say why. */
static int no_such_rule(const struct explaining *w, const char *rule, const struct diags *diags)
{
	print_diags(diags, stderr, w->id.p != NULL);
	if (w->id.p)
		fprintf(stderr, "truc rules explain: no loaded rule has the id or the whole title '%s', and no file that can be "
			"read bears that name; truc rules list shows ids and titles\n", rule);
	else
		fprintf(stderr, "truc rules explain: %s holds no rule that could be loaded\n", rule);
	return CLI_EXIT_ERROR;
}

static int explain_correlations(struct explaining *w, const char *path)
{
	int err = 0;

	for (uint32_t i = 0; i < w->x.set->rule_count && !err; i++) {
		bool holds = false;

		if (!w->x.set->rules[i]->correlation || !is_asked_for(w, w->x.set->rules[i]))
			continue;
		err = explain_correlation(&w->x, i, path, &holds);
		w->met |= holds;
		write_out(stdout, w->x.out);
		buf_clear(w->x.out);
	}
	return err;
}

static int explain_file(struct explaining *w, const char *path)
{
	struct sample_result result;
	int err;

	err = samples_each(path, w->x.set->keys, explain_event, w, &result);
	if (!err && result.events)
		err = explain_correlations(w, path);
	if (err < 0 || !result.events) {
		fprintf(stderr, "truc rules explain: %s: %s\n", path, err < 0 ? err_text(err) : "holds no event");
		return CLI_EXIT_ERROR;
	}
	return w->met ? CLI_EXIT_FOUND : CLI_EXIT_NOTHING;
}

static int run_explain(const struct cli_args *args)
{
	struct buf out = {0};
	struct explaining w = {.x = {.out = &out}};
	struct job job = {0};
	int status = CLI_EXIT_ERROR;

	if (cli_path_count(args) != 2)
		return cli_usage(args, "a rule and a file of events are needed");
	if (load_for_explain(args, &w, &job) == 0) {
		w.x.set = job.set;
		w.x.naive = sigma_naive_new(job.set);
		w.x.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
		if (!rule_is_there(&w)) {
			status = no_such_rule(&w, cli_path(args, 0), job.diags);
		} else {
			/* Of a single rule file every problem is worth telling. */
			if (!w.id.p)
				print_diags(job.diags, stderr, false);
			status = explain_file(&w, cli_path(args, 1));
		}
		sigma_naive_free(w.x.naive);
	} else if (job.diags) {
		print_diags(job.diags, stderr, false);
	}
	buf_free(&out);
	job_free(&job);
	return status;
}

/* ---- test ---- */

static int run_test(const struct cli_args *args)
{
	const char *packs = cli_packs_dir(), *fallback = packs ? pack_rules(packs) : NULL;
	struct samples_tally tally = {0};
	struct buf out = {0};
	size_t n = cli_path_count(args);
	int err = 0;

	if (!packs) {
		fprintf(stderr, "truc: packs/sigma/logsources.yaml is not found; set TRUC_PACKS\n");
		return CLI_EXIT_ERROR;
	}
	for (size_t i = 0; i < (n ? n : 1) && err == 0; i++) {
		const char *path = n ? cli_path(args, i) : fallback;

		struct ruleset_request request = {.packs_dir = packs, .extra = get_extra(args)};

		err = samples_test_request(&request, path, cli_has(args, "verbose"), &out, &tally);
		if (err < 0)
			fprintf(stderr, "truc rules test: %s: %s\n", path, err_text(err));
		write_out(stdout, &out);
		buf_clear(&out);
	}
	buf_free(&out);
	printf("%u passed, %u failed; %u rule file%s, %u without samples\n", tally.passed, tally.failed, tally.rules,
	       tally.rules == 1 ? "" : "s", tally.without);
	if (err < 0)
		return CLI_EXIT_ERROR;
	return tally.failed ? CLI_EXIT_FOUND : CLI_EXIT_NOTHING;
}

/* ---- the tables ---- */

static const struct cli_option list_options[] = {
	{.name = "format", .argument = "FORMAT", .help = "table (the default) or jsonl"},
	{.name = "placeholders", .argument = "FILE", .help = "Values of %names% in rules (expand): a YAML map of names to lists",
	 .repeats = true},
	{.name = "filters-exclude", .help = "Filters say what to leave out, not what must hold", .group = "For experts"},
	{0},
};

static const struct cli_option explain_options[] = {
	{.name = "rules", .argument = "PATH", .help = "where to look for RULE when it is an id or a title", .repeats = true},
	{.name = "placeholders", .argument = "FILE", .help = "Values of %names% in rules (expand): a YAML map of names to lists",
	 .repeats = true},
	{.name = "filters-exclude", .help = "Filters say what to leave out, not what must hold", .group = "For experts"},
	{0},
};

static const struct cli_option test_options[] = {
	{.name = "verbose", .letter = 'v', .help = "name what passed, and rules without samples"},
	{.name = "placeholders", .argument = "FILE", .help = "Values of %names% in rules (expand): a YAML map of names to lists",
	 .repeats = true},
	{.name = "filters-exclude", .help = "Filters say what to leave out, not what must hold", .group = "For experts"},
	{0},
};

static const struct cli_option check_options[] = {
	{.name = "placeholders", .argument = "FILE", .help = "Values of %names% in rules (expand): a YAML map of names to lists",
	 .repeats = true},
	{.name = "filters-exclude", .help = "Filters say what to leave out, not what must hold", .group = "For experts"},
	{0},
};

static const struct cli_command check = {
	.name = "check",
	.summary = "Report every problem of rule files, with file, line and column",
	.usage = "[PATH...]",
	.text = "Without a PATH the shipped rules are checked.\n"
		"\n"
		"Exit status: 0 all rules load (warnings do not count), 1 some are refused or not supported,\n"
		"2 a path cannot be read, or no rule file is there.",
	.options = check_options,
	.run = run_check,
};

static const struct cli_command list = {
	.name = "list",
	.summary = "List rules: id, level, log source, title",
	.usage = "[options] [PATH...]",
	.text = "Without a PATH the shipped rules are listed.",
	.options = list_options,
	.run = run_list,
};

static const struct cli_command explain = {
	.name = "explain",
	.summary = "Show part by part why a rule meets an event or does not",
	.usage = "[options] RULE FILE",
	.text = "RULE is a rule file, or the id or title of a rule in the shipped pack or below --rules. FILE\n"
		"holds one or more events, in any format that a hunt reads; each of them is explained, so take\n"
		"out the one that you mean: truc decode -q FILE | grep '\"record\":NUMBER,'.\n"
		"\n"
		"Exit status: 0 no event is met, 1 one is, 2 error.",
	.options = explain_options,
	.run = run_explain,
};

static const struct cli_command test = {
	.name = "test",
	.summary = "Run the samples that stand beside rules",
	.usage = "[options] [PATH...]",
	.text = "Beside NAME.yml, every event in NAME.match.EXT must be met by the rule and none in NAME.miss.EXT\n"
		"may be. Where NAME.yml holds correlations, the last of them must hold over all events of a match\n"
		"file together, and over none of a miss file. PATH is a folder or a rule file; without one the\n"
		"shipped rules are tested.\n"
		"\n"
		"Exit status: 0 all passed, 1 some failed, 2 error.",
	.options = test_options,
	.run = run_test,
};

static const struct cli_command *const subcommands[] = {&check, &list, &explain, &test, NULL};

extern const struct cli_command cmd_rules;
const struct cli_command cmd_rules = {
	.name = "rules",
	.summary = "Check, list, explain and test detection rules",
	.usage = "COMMAND",
	.subcommands = subcommands,
};
