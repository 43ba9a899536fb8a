#include "cli/passwords.h"
#include "cli/times.h"

#include "base/lang.h"
#include "base/err.h"
#include "base/io.h"
#include "hunt/figures.h"
#include "hunt/geoip.h"
#include "hunt/indicators.h"
#include "hunt/ruleset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const struct cli_option options[] = {
	{"rules", 0, "PATH", "Sigma rules, a file or a folder, instead of the shipped ones", true, NULL},
	{"indicators", 0, "PATH", "Indicators, a file or a folder, instead of the shipped ones: lists, CSV, STIX 2.1, MISP", true,
	 NULL},
	{"no-indicators", 0, NULL, "Look for no indicators; so it is with --rules unless --indicators names some", false, NULL},
	{"allow", 0, "PATH", "Leave out indicators that this allow-list covers (MISP warninglists)", true, NULL},
	{"indicators-now", 0, NULL, "Judge the indicators' validity today, not at each event's time", false, NULL},
	{"placeholders", 0, "FILE", "Values of %names% in rules (expand): a YAML map of names to lists", true, NULL},
	{"yara", 0, "PATH", "YARA rules, a file or a folder: look at every file as a whole", true, NULL},
	{"hashes", 0, NULL, "Compare the hashes and names of the files themselves with the indicators", false, NULL},
	{"format", 0, "FORMAT", "table (default): a summary; html: a page for people; jsonl; csv; timesketch", false, NULL},
	{"output", 'o', "FILE", "Write to FILE, which appears when it is whole", false, NULL},
	{"full", 0, NULL, "Add the whole event to each finding (jsonl, csv, html)", false, NULL},
	{"compare", 0, "OLD", "Only what is new since OLD, the jsonl of an earlier hunt", false, NULL},
	{"geoip", 0, "FILE", "Tell where public addresses are, from this MaxMind database (city, country, ASN)", true, NULL},
	{"rows", 0, "N", "Most hosts and rules in the table (default 20)", false, NULL},
	{"summary", 0, "FILE", "Write the closing figures to FILE as JSON", false, NULL},
	{"carve", 0, NULL, "Look for deleted records in EVTX files too; they are marked \"carved\"", false, NULL},
	{"threads", 0, "N", "Workers (default: one a processor)", false, NULL},
	{"quiet", 'q', NULL, "No progress and no closing figures on stderr", false, NULL},
	{"since", 0, "TIME", "Only events at or after TIME, like 2024-05-01T10:00:00+07:00 or 2024-05-01; UTC without a zone", false, "Filters"},
	{"until", 0, "TIME", "Only events before TIME", false, "Filters"},
	{"level", 0, "LEVEL", "Only rules of this level and above: informational, low, medium, high, critical", false,
	 "Filters"},
	{"status", 0, "STATUS", "Only rules of this status: stable, test, experimental", true, "Filters"},
	{"tag", 0, "TAG", "Only rules with this tag: attack.t1059 (T1059.001 too), attack.execution", true, "Filters"},
	{"rule", 0, "RULE", "Only rules with this id, or with this text in their title", true, "Filters"},
	{"host", 0, "NAME", "Only events of this host; * and ? stand for others", true, "Filters"},
	{"limit", 0, "N", "Write only the first N findings, in order of time", false, "Filters"},
	CLI_TIME_OPTIONS,
	CLI_PASSWORD_OPTIONS
	{"filters-exclude", 0, NULL, "Filters say what to leave out, not what must hold", false, "For experts"},
	{"evaluator", 0, "NAME", "compiled (default) or naive, the slow oracle of tests", false, "For tests"},
	{"spool-kib", 0, "N", "Memory for findings before they are sorted on disk (default 32768)", false, "For tests"},
	{0},
};

static struct filter_texts filter_of(const struct cli_args *a, const char *option)
{
	struct filter_texts t;

	t.at = cli_texts(a, option, &t.count);
	return t;
}

static int get_filter(const struct cli_args *a, struct filter *f)
{
	const char *level = cli_get(a, "level");

	*f = (struct filter){.since = TICKS_NONE, .until = TICKS_NONE};
	if (cli_get_time(a, "since", &f->since) || cli_get_time(a, "until", &f->until))
		return ERR_USAGE;
	if (f->since != TICKS_NONE && f->until != TICKS_NONE && f->since >= f->until) {
		cli_usage(a, tr("--since '%s' is not before --until '%s'"), cli_get(a, "since"), cli_get(a, "until"));
		return ERR_USAGE;
	}
	if (level)
		f->level = sigma_level_of(str_c(level));
	if (f->level == SIGMA_LEVELS) {
		cli_usage(a, tr("--level '%s' is none of informational, low, medium, high, critical"), level);
		return ERR_USAGE;
	}
	f->status = filter_of(a, "status");
	f->tags = filter_of(a, "tag");
	f->rules = filter_of(a, "rule");
	f->hosts = filter_of(a, "host");
	return 0;
}

static unsigned terminal_width(int fd)
{
	struct winsize w;

	if (!isatty(fd))
		return 0;
	return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
}

static int get_style(const struct cli_args *a, struct hunt_options *o)
{
	const char *name = cli_get(a, "format"), *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	long rows = REPORT_ROWS;

	o->format = report_format_find(name ? name : "table");
	if (!o->format) {
		cli_usage(a, tr("--format '%s' is none of table, jsonl, csv, html, timesketch"), name);
		return ERR_USAGE;
	}
	if (cli_get_long(a, "rows", 1, 1000000, &rows))
		return ERR_USAGE;
	o->style.rows = (unsigned)rows;
	o->style.full = cli_has(a, "full");
	o->style.width = cli_has(a, "output") ? 0 : terminal_width(STDOUT_FILENO);
	o->style.color = o->style.width && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
	return 0;
}

static int get_options(const struct cli_args *a, struct hunt_options *o)
{
	long limit = 0, spool_kib = 0;

	*o = (struct hunt_options){0};
	if (get_style(a, o) || get_filter(a, &o->filter) || cli_get_times(a, &o->source) ||
	    cli_get_threads(a, HUNT_THREADS_MAX, &o->threads) || cli_get_long(a, "limit", 1, 1000000000000, &limit) ||
	    cli_get_long(a, "spool-kib", 1, 1 << 20, &spool_kib))
		return ERR_USAGE;
	if (!cli_path_count(a)) {
		cli_usage(a, tr("say where to hunt: a file, a folder, or - for standard input"));
		return ERR_USAGE;
	}
	if (cli_check_paths(a))
		return ERR_NOENT;
	if (cli_get_passwords(a, &o->source.archives))
		return ERR_USAGE;
	o->source.carve = cli_has(a, "carve");
	o->limit = (uint64_t)limit;
	o->spool_bytes = (size_t)spool_kib << 10;
	o->progress = !cli_has(a, "quiet") && isatty(STDERR_FILENO);
	o->paths = cli_texts(a, NULL, &o->path_count);
	return 0;
}

static void free_options(struct hunt_options *o)
{
	cli_texts_free(o->paths);
	cli_texts_free(o->filter.status.at);
	cli_texts_free(o->filter.tags.at);
	cli_texts_free(o->filter.rules.at);
	cli_texts_free(o->filter.hosts.at);
	cli_free_passwords(&o->source.archives);
}

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "truc hunt: %s: %s\n", what, why);
	return CLI_EXIT_ERROR;
}

/* --- the end of a hunt --- */

static int tell_figures(const struct cli_args *a, const struct figures *f)
{
	const char *path = cli_get(a, "summary");
	struct buf text = {0};
	int status = 0;

	figures_text(f, &text);
	if (!cli_has(a, "quiet"))
		fwrite(text.p, 1, text.n, stderr);
	else if (f->result->interrupted)
		complain("interrupted", tr("the result is only a part"));
	buf_clear(&text);
	figures_json(f, &text);
	if (path && io_write_file(path, buf_get(&text), false))
		status = complain(path, strerror(errno));
	buf_free(&text);
	return status;
}

/* An error outweighs damaged input, and that outweighs findings. */
static int exit_status(const struct hunt_result *r)
{
	if (r->interrupted)
		return CLI_EXIT_ERROR;
	if (hunt_is_partial(r))
		return CLI_EXIT_PARTIAL;
	return r->findings ? CLI_EXIT_FOUND : CLI_EXIT_NOTHING;
}

static int hunt(const struct cli_args *a, struct hunt_options *o, double load_seconds)
{
	struct hunt_result r;
	struct sink sink;
	struct figures f = {&r, engine_counts(&o->engine), o->threads, load_seconds,
			    o->indicators ? intel_counts(o->indicators) : NULL};
	int err, status;

	if (sink_open(&sink, cli_get(a, "output")))
		return complain(cli_get(a, "output"), strerror(errno));
	o->sink = &sink;
	hunt_catch_signals();
	err = hunt_run(o, &r);
	/* An interrupted hunt prints what it has, but takes no file's place. */
	if (sink_close(&sink, !err && !r.interrupted) && !err && errno != EPIPE) {
		snprintf(r.error, sizeof r.error, tr("the findings cannot be written: %s"), strerror(errno));
		err = ERR_IO;
	}
	status = err ? complain("stopped", r.error) : exit_status(&r);
	/* A name that was mistyped must not read as "nothing found"; a set without rules of a level is in order. */
	if (!err && !r.rules_kept && !r.indicator_rules_kept && !r.yara_rules_kept &&
	    (cli_count(a, "rule") || cli_count(a, "tag") || cli_count(a, "status")))
		status = complain(tr("nothing was looked for"), tr("no rule has what --rule, --tag and --status ask for"));
	if (!err && tell_figures(a, &f))
		status = CLI_EXIT_ERROR;
	o->sink = NULL;
	hunt_result_free(&r);
	return status;
}

/* --- rules --- */

static void pack_paths(const struct cli_args *a, const char *packs, const char *const **out_paths, size_t *out_count)
{
	static char shipped[4096];
	static const char *const only[] = {shipped};

	*out_paths = cli_texts(a, "rules", out_count);
	if (*out_count)
		return;
	cli_texts_free(*out_paths);
	*out_paths = NULL;
	snprintf(shipped, sizeof shipped, "%s/sigma/rules", packs);
	*out_paths = only;
	*out_count = 1;
}

/* The first ones, of one code or (NULL) of any. */
static void print_errors(const struct diags *d, const char *code)
{
	struct buf text = {0};
	size_t shown = 0;

	for (size_t i = 0; i < diags_kept(d) && shown < 10; i++) {
		if (code && strcmp(diags_at(d, i)->code, code) != 0)
			continue;
		diag_print(diags_at(d, i), &text);
		buf_byte(&text, '\n');
		shown++;
	}
	fwrite(text.p, 1, text.n, stderr);
	buf_free(&text);
}

struct loaded { struct sigma_set *set; struct sigma_program *program; };	/* one of them */

/* The naive evaluator needs the rules as trees; the compiled ones come out of the cache where nothing has changed. */
static int load_rules(const struct cli_args *a, struct hunt_options *o, const char *packs, struct diags *diags,
		      struct loaded *out)
{
	const char *evaluator = cli_get(a, "evaluator");
	struct ruleset_origin origin;
	struct ruleset_request request = {.packs_dir = packs, .threads = o->threads};
	const char *const *paths;
	int err;

	pack_paths(a, packs, &paths, &request.path_count);
	request.paths = paths;
	request.extra.placeholders = cli_texts(a, "placeholders", &request.extra.placeholder_count);
	request.extra.filters_exclude = cli_has(a, "filters-exclude");
	if (evaluator && !strcmp(evaluator, "naive")) {
		err = ruleset_load_request(&request, diags, &out->set);
		o->engine.set = out->set;
	} else {
		err = ruleset_program_request(&request, diags, &origin, &out->program);
		o->engine.program = out->program;
		if (origin.note[0])
			fprintf(stderr, "truc hunt: %s\n", origin.note);
	}
	if (cli_count(a, "rules"))
		cli_texts_free(paths);
	cli_texts_free(request.extra.placeholders);
	return err;
}

/* --- indicators --- */

/*
 * The shipped indicators go with the shipped rules: whoever names rules of their own gets what these find and no more, unless
 * they ask for hashes, which only indicators have.
 */
static bool wants_shipped(const struct cli_args *a)
{
	return !cli_count(a, "indicators") && !cli_has(a, "no-indicators") && (!cli_count(a, "rules") || cli_has(a, "hashes"));
}

/* What was named must be readable; single values that are refused are only counted. */
static int load_indicators(const struct cli_args *a, struct hunt_options *o, struct diags *diags, struct intel **out)
{
	char shipped[4096];
	const char *only[] = {shipped};
	const char *const *given;
	struct indicators_options io = {.judge_now = cli_has(a, "indicators-now"), .now = clock_now()};
	int err = 0;

	given = io.paths = cli_texts(a, "indicators", &io.path_count);
	snprintf(shipped, sizeof shipped, "%s/indicators", cli_packs_dir());
	if (wants_shipped(a) && access(shipped, R_OK) == 0) {
		io.paths = only;
		io.path_count = 1;
	}
	io.allow = cli_texts(a, "allow", &io.allow_count);
	if (io.path_count)
		err = indicators_load(&io, diags, out);
	cli_texts_free(given);
	cli_texts_free(io.allow);
	print_errors(diags, "unreadable");
	print_errors(diags, "not-understood");
	if (!err && *out)
		o->indicators = *out;
	return err;
}

static int load_yara(const struct cli_args *a, struct hunt_options *o, struct diags *diags, struct scan_rules **out)
{
	size_t count;
	const char *const *paths = cli_texts(a, "yara", &count);
	int err = count ? scan_rules_load(paths, count, diags, out) : 0;

	if (count)
		print_errors(diags, NULL);
	cli_texts_free(paths);
	o->yara = err ? NULL : *out;
	return err;
}

static int hunt_with_yara(const struct cli_args *a, struct hunt_options *o, int64_t began)
{
	struct diags *diags = diags_new();
	struct scan_rules *rules = NULL;
	int err = load_yara(a, o, diags, &rules), status;

	status = err ? complain("YARA rules", err_text(err)) :
		 hunt(a, o, (double)(clock_now() - began) / (double)TICKS_PER_SECOND);
	o->yara = NULL;
	scan_rules_free(rules);
	diags_free(diags);
	return status;
}

static int hunt_with_indicators(const struct cli_args *a, struct hunt_options *o, int64_t began)
{
	struct diags *diags = diags_new();
	struct intel *set = NULL;
	int err = load_indicators(a, o, diags, &set), status;

	o->scan_files = cli_has(a, "hashes");
	status = err ? complain("indicators", err_text(err)) : hunt_with_yara(a, o, began);
	o->indicators = NULL;
	intel_free(set);
	diags_free(diags);
	return status;
}

static int load_and_hunt(const struct cli_args *a, struct hunt_options *o, const char *packs)
{
	struct diags *diags = diags_new();
	int64_t began = clock_now();
	struct loaded loaded = {0};
	int err = load_rules(a, o, packs, diags, &loaded), status;

	if (err) {
		print_errors(diags, NULL);
		status = complain("rules", err_text(err));
	} else if (!engine_rule_count(&o->engine)) {
		print_errors(diags, NULL);
		status = complain("rules", tr("none could be loaded; truc rules check tells more"));
	} else {
		/* Rules with errors are counted as refused; of a file that could not be read nobody knows how many it has. */
		print_errors(diags, "unreadable");
		status = hunt_with_indicators(a, o, began);
	}
	sigma_program_free(loaded.program);
	sigma_set_free(loaded.set);
	diags_free(diags);
	return status;
}

struct opened { struct compare *compare; struct geoip *geoip; };

/* The older report and the databases, before rules are loaded: what is wrong with them is told at once. */
static int open_extras(const struct cli_args *a, struct hunt_options *o, struct opened *out)
{
	struct filter_texts paths = filter_of(a, "geoip");
	char error[400] = "";
	int err = paths.count ? geoip_open(paths.at, paths.count, error, &out->geoip) : 0;

	o->compare_name = cli_get(a, "compare");
	if (!err && o->compare_name)
		err = compare_open(o->compare_name, error, &out->compare);
	o->geoip = out->geoip;
	o->compare = out->compare;
	o->style.geo = out->geoip != NULL;
	if (err)
		complain(err == ERR_FORMAT ? "refused" : "cannot be read", error);
	cli_texts_free(paths.at);
	return err;
}

static int run(const struct cli_args *a)
{
	const char *packs = cli_packs_dir();
	struct hunt_options o;
	struct opened opened = {0};
	int status = CLI_EXIT_ERROR;

	if (!get_options(a, &o) && !open_extras(a, &o, &opened))
		status = packs ? load_and_hunt(a, &o, packs) :
			 complain("packs/sigma/logsources.yaml", tr("not found; name its folder with $TRUC_PACKS"));
	free_options(&o);
	compare_free(opened.compare);
	geoip_free(opened.geoip);
	return status;
}

extern const struct cli_command cmd_hunt;
const struct cli_command cmd_hunt = {
	.name = "hunt",
	.summary = "Search logs with detection rules",
	.usage = "[options] PATH...",
	.text = "PATH is a file, a folder (links in it are not followed) or - for standard input. The format is\n"
		"told from the content: logs of Windows, firewalls, web servers, Linux, network devices, clouds,\n"
		"JSON, plain lines; also within gzip, xz, bzip2 and zstd, and in ZIP, tar and 7-Zip archives, these\n"
		"in one another too.\n"
		"\n"
		"Findings come in order of time. In CSV a cell that looks like a formula gets an apostrophe in\n"
		"front. Findings that do not fit in memory are sorted in $TMPDIR (without it /var/tmp).\n"
		"\n"
		"Exit status: 0 nothing found, 1 found, 3 done but some input was damaged or unreadable (whatever\n"
		"was found), 2 error, or interrupted: then what was found so far is printed, and a file named by\n"
		"-o is left as it was.",
	.options = options,
	.run = run,
};
