#include "hunt/samples.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/io.h"
#include "base/map.h"
#include "base/vec.h"
#include "decode/evtx.h"
#include "hunt/correlation_try.h"
#include "hunt/ruleset.h"
#include "input/stream.h"
#include "sigma/naive.h"

/* ---- the events of a file ---- */

static int read_all(const char *path, struct buf *out)
{
	struct stream_env env = {0};
	struct stream *s;
	int err = stream_open(path, false, &env, &s), status = 1;

	if (err < 0)
		return err;
	while (status > 0 && out->n <= SAMPLE_BYTES_MAX) {
		buf_reserve(out, 1u << 16);
		out->n += stream_fill(s, out->p + out->n, 1u << 16, &status);
	}
	stream_close(s);
	if (out->n > SAMPLE_BYTES_MAX)
		return ERR_LIMIT;
	return status < 0 ? status : 0;
}

static void decode_all(const struct decode_format *format, struct decode_ctx *c, struct str text)
{
	if (format->unit != DECODE_UNIT_CHUNK) {
		names_begin_batch(c->names);
		format->decode(c, text);
		if (format->finish)
			format->finish(c);
		return;
	}
	for (size_t at = EVTX_FILE_HEADER; at < text.n; at += EVTX_CHUNK) {
		arena_reset(c->arena);
		names_begin_batch(c->names);
		c->offset = at;
		format->decode(c, str_head(str_skip(text, at), EVTX_CHUNK));
	}
}

int samples_each(const char *path, const struct keys *keys, void (*emit)(void *user, struct event *e), void *user,
		 struct sample_result *out)
{
	struct buf text = {0};
	int err = read_all(path, &text);
	const struct decode_format *format = err < 0 ? NULL : decode_sniff(str_head(buf_get(&text), STREAM_PEEK_MAX));

	*out = (struct sample_result){.format = format ? format->name : NULL};
	if (err == 0 && (!format || !format->decode))
		err = ERR_UNSUPPORTED;
	if (err == 0) {
		struct decode_options options = {0};
		struct decode_stats stats = {0};
		struct decode_ctx c = {.arena = arena_new(0), .names = names_new(keys), .options = &options,
				       .stats = &stats, .emit = emit, .user = user, .first_record = 1,
				       .state = format->state_new ? format->state_new() : NULL};

		options.reference = clock_now();
		decode_all(format, &c, buf_get(&text));
		out->events = stats.events;
		for (int i = 0; i < DECODE_CAUSES; i++)
			out->skipped += stats.bytes[i] ? stats.count[i] : 0;
		if (format->state_free)
			format->state_free(c.state);
		names_free(c.names);
		arena_free(c.arena);
	}
	buf_free(&text);
	return err;
}

/* ---- samples beside rules ---- */

struct paths { struct arena *arena; VEC(struct str) list; };

struct bench {
	const struct ruleset_request *request;
	bool verbose;
	struct buf *out;
	struct samples_tally *tally;
	struct sigma_naive *naive;
	/* of one sample file */
	uint64_t seen, wrong, first_wrong;
	bool wanted;
};

static int keep_path(void *user, const char *path)
{
	struct paths *p = user;

	*vec_add(&p->list) = arena_str(p->arena, str_c(path));
	return 0;
}

static struct str file_name(struct str path)
{
	for (size_t i = path.n; i-- > 0;)
		if (path.p[i] == '/')
			return str_skip(path, i + 1);
	return path;
}

static struct str dir_name(struct str path)
{
	return str_head(path, path.n - file_name(path).n);
}

/* The rule's path without its extension; STR_NONE for what is no rule file. */
static struct str rule_base(struct str path)
{
	if (str_ends(path, STR(".yml")))
		return str_head(path, path.n - 4);
	return str_ends(path, STR(".yaml")) ? str_head(path, path.n - 5) : STR_NONE;
}

/* For NAME.match.EXT or NAME.miss.EXT the path up to NAME; STR_NONE for other files. */
static struct str sample_base(struct str path, bool *out_wanted)
{
	struct str name = file_name(path);
	ptrdiff_t match = str_find(name, STR(".match.")), miss = str_find(name, STR(".miss."));
	ptrdiff_t at = match < 0 || (miss >= 0 && miss < match) ? miss : match;

	if (at < 0)
		return STR_NONE;
	*out_wanted = at == match;
	return str_head(path, path.n - name.n + (size_t)at);
}

static void on_event(void *user, struct event *e)
{
	struct bench *b = user;
	const uint32_t *rules;
	bool met = sigma_naive_run(b->naive, e, &rules) > 0;

	b->seen++;
	if (met == b->wanted)
		return;
	if (!b->wrong++)
		b->first_wrong = e->record;
}

static void verdict(struct bench *b, struct str path, const char *problem, unsigned long long number)
{
	if (!problem) {
		b->tally->passed++;
		if (b->verbose)
			buf_printf(b->out, "ok    %.*s: %llu event%s\n", STR_ARGS(path), number, number == 1 ? "" : "s");
		return;
	}
	b->tally->failed++;
	buf_printf(b->out, "FAIL  %.*s: %s", STR_ARGS(path), problem);
	if (number)
		buf_printf(b->out, " %llu", number);
	buf_byte(b->out, '\n');
}

static void run_sample(struct bench *b, const struct sigma_set *set, struct str path)
{
	struct sample_result result;
	int err;

	b->seen = b->wrong = 0;
	err = samples_each(path.p, set->keys, on_event, b, &result);
	if (err < 0)
		verdict(b, path, err_text(err), 0);
	else if (result.skipped)
		verdict(b, path, "holds what cannot be read", 0);
	else if (!b->seen)
		verdict(b, path, "holds no event", 0);
	else if (b->wrong && b->wanted)
		verdict(b, path, "the rule does not meet event", b->first_wrong);
	else if (b->wrong)
		verdict(b, path, "the rule meets event", b->first_wrong);
	else
		verdict(b, path, NULL, b->seen);
}

/* A correlation, over all events together. */
static void run_correlation_sample(struct bench *b, const struct sigma_set *set, uint32_t rule, struct str path)
{
	struct correlations_calls calls = {0};
	struct correlations_counts counts;
	struct sample_result result;
	int err = correlation_try(set, rule, path.p, &calls, &counts, &result);

	if (err < 0)
		verdict(b, path, err_text(err), 0);
	else if (result.skipped)
		verdict(b, path, "holds what cannot be read", 0);
	else if (!result.events)
		verdict(b, path, "holds no event", 0);
	else if (b->wanted && counts.no_time)
		verdict(b, path, "the correlation does not hold; events that match without a time:", counts.no_time);
	else if (b->wanted && !counts.findings)
		verdict(b, path, "the correlation does not hold; events that entered it:", counts.matches);
	else if (!b->wanted && counts.findings)
		verdict(b, path, "the correlation holds; findings:", counts.findings);
	else
		verdict(b, path, NULL, result.events);
}

/* The last correlation of the file; MAP_NONE: there is none. */
static uint32_t last_correlation(const struct sigma_set *set, struct str file)
{
	uint32_t last = MAP_NONE;

	for (uint32_t i = 0; i < set->rule_count; i++) {
		const struct sigma_rule *r = set->rules[i];

		if (r->correlation && str_eq(r->file, file) && (last == MAP_NONE || r->line > set->rules[last]->line))
			last = i;
	}
	return last;
}

static bool names_others(const struct diags *diags)
{
	for (size_t i = 0; i < diags_kept(diags); i++)
		if (diags_at(diags, i)->severity == DIAG_ERROR && !strcmp(diags_at(diags, i)->code, "unknown-reference"))
			return true;
	return false;
}

static void print_diags(struct bench *b, const struct diags *diags, struct str file)
{
	for (size_t i = 0; i < diags_kept(diags); i++) {
		if (diags_at(diags, i)->file.n && !str_eq(diags_at(diags, i)->file, file))
			continue;
		diag_print(diags_at(diags, i), b->out);
		buf_byte(b->out, '\n');
	}
}

static bool has_problem(const struct diags *diags, struct str file)
{
	for (size_t i = 0; i < diags_kept(diags); i++)
		if (diags_at(diags, i)->severity != DIAG_WARNING && str_eq(diags_at(diags, i)->file, file))
			return true;
	return false;
}

/* A rule file by itself; with its folder where a correlation in it names rules that are not in it. */
static int load_rule(struct bench *b, struct str rule, struct sigma_set **out)
{
	struct ruleset_request request = *b->request;
	struct diags *diags = diags_new();
	struct buf folder = {0};
	const char *list[] = {rule.p};
	int err;

	request.paths = list;
	request.path_count = 1;
	err = ruleset_load_request(&request, diags, out);
	if (!err && names_others(diags)) {
		buf_str(&folder, dir_name(rule).n ? dir_name(rule) : STR("."));
		while (folder.n > 1 && folder.p[folder.n - 1] == '/')	/* paths must come out as they went in */
			folder.n--;
		buf_byte(&folder, '\0');
		list[0] = folder.p;
		sigma_set_free(*out);
		*out = NULL;
		diags_free(diags);
		diags = diags_new();
		err = ruleset_load_request(&request, diags, out);
	}
	print_diags(b, diags, rule);
	if (!err && has_problem(diags, rule))
		err = ERR_FORMAT;
	buf_free(&folder);
	diags_free(diags);
	return err;
}

static void run_one(struct bench *b, const struct sigma_set *set, struct str rule, struct str sample)
{
	uint32_t correlation = set ? last_correlation(set, rule) : MAP_NONE;

	if (!b->naive || !set->counts.loaded)
		verdict(b, sample, "its rule does not load", 0);
	else if (correlation != MAP_NONE)
		run_correlation_sample(b, set, correlation, sample);
	else
		run_sample(b, set, sample);
}

/* All samples of one rule file; how many there are. */
static uint32_t run_rule(struct bench *b, struct str rule, const struct paths *all)
{
	struct sigma_set *set = NULL;
	uint32_t count = 0;

	for (size_t i = 0; i < all->list.n; i++) {
		struct str base = sample_base(all->list.at[i], &b->wanted);

		if (!base.p || !str_eq(base, rule_base(rule)))
			continue;
		if (!count++ && load_rule(b, rule, &set) == 0)
			b->naive = sigma_naive_new(set);
		run_one(b, set, rule, all->list.at[i]);
	}
	sigma_naive_free(b->naive);
	b->naive = NULL;
	sigma_set_free(set);
	return count;
}

static bool has_rule(const struct paths *all, struct str base)
{
	for (size_t i = 0; i < all->list.n; i++)
		if (str_eq(rule_base(all->list.at[i]), base))
			return true;
	return false;
}

static void run_paths(struct bench *b, const struct paths *all, struct str only)
{
	for (size_t i = 0; i < all->list.n; i++) {
		struct str path = all->list.at[i], base = rule_base(path);
		bool wanted;

		if (only.p && !str_eq(path, only))
			continue;
		if (!only.p && sample_base(path, &wanted).p && !has_rule(all, sample_base(path, &wanted)))
			verdict(b, path, "there is no rule of its name", 0);
		if (!base.p || sample_base(path, &wanted).p)
			continue;
		b->tally->rules++;
		if (run_rule(b, path, all))
			continue;
		b->tally->without++;
		if (b->verbose)
			buf_printf(b->out, "none  %.*s: no samples\n", STR_ARGS(path));
	}
}

int samples_test(const char *path, const char *packs_dir, bool verbose, struct buf *out, struct samples_tally *tally)
{
	struct ruleset_request request = {.packs_dir = packs_dir};

	return samples_test_request(&request, path, verbose, out, tally);
}

int samples_test_request(const struct ruleset_request *request, const char *path, bool verbose, struct buf *out,
			 struct samples_tally *tally)
{
	struct bench b = {.request = request, .verbose = verbose, .out = out, .tally = tally};
	struct paths all = {.arena = arena_new(0)};
	struct io_walk walk = {.visit = keep_path, .user = &all};
	struct str only = STR_NONE, dir;
	struct stat st;
	int err;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		/* The walk gives "./x" for "x" in "."; so the folder is spelled out. */
		dir = dir_name(str_c(path));
		only = dir.n ? str_c(path) : arena_printf(all.arena, "./%s", path);
		path = dir.n ? arena_printf(all.arena, "%.*s", (int)(dir.n > 1 ? dir.n - 1 : 1), dir.p).p : ".";
	}
	err = io_walk(path, &walk);
	if (err == 0)
		run_paths(&b, &all, only);
	vec_free(&all.list);
	arena_free(all.arena);
	return err;
}
