#include "cli/parse.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/lang.h"
#include "base/vec.h"
#include "base/version.h"

/* What is left of argv while it is read. */
struct rest {
	char **argv;
	int argc;
	int at;
	bool only_paths;	/* "--" was met */
	bool help;
};

static const struct cli_option no_options[] = {{.name = NULL}};

static const struct cli_option *options_of(const struct cli_command *c)
{
	return c->options ? c->options : no_options;
}

static const struct cli_option *option_named(const struct cli_command *c, const char *name, size_t n)
{
	for (const struct cli_option *o = options_of(c); o->name; o++)
		if (strncmp(o->name, name, n) == 0 && !o->name[n])
			return o;
	return NULL;
}

static const struct cli_option *option_lettered(const struct cli_command *c, char letter)
{
	for (const struct cli_option *o = options_of(c); o->name; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

static const char *option_name_at(const void *table, size_t i)
{
	return ((const struct cli_option *)table)[i].name;
}

static const char *command_name_at(const void *table, size_t i)
{
	const struct cli_command *c = ((const struct cli_command *const *)table)[i];
	return c ? c->name : NULL;
}

int cli_usage(const struct cli_args *a, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	fprintf(a->err, "%s: ", a->name);
	vfprintf(a->err, format, ap);
	fprintf(a->err, tr("\n'%s --help' shows the options.\n"), a->name);
	va_end(ap);
	return CLI_EXIT_ERROR;
}

static int unknown_option(const struct cli_args *a, const char *typed, size_t n)
{
	char name[64];
	snprintf(name, sizeof(name), "%.*s", (int)n, typed);
	const char *near = cli_nearest(name, option_name_at, options_of(a->command));
	if (near)
		return cli_usage(a, tr("unknown option '--%s'; did you mean '--%s'?"), name, near);
	return cli_usage(a, tr("unknown option '--%s'"), name);
}

static void add_value(struct cli_args *a, const struct cli_option *o, const char *text)
{
	if ((a->value_count & (a->value_count - 1)) == 0) {
		size_t room = a->value_count ? a->value_count * 2 : 1;
		a->values = realloc(a->values, room * sizeof(*a->values));
		if (!a->values)
			abort();
	}
	a->values[a->value_count++] = (struct cli_value){o, text};
}

/* The value that follows in argv. A missing one is an error; one that looks like an option is taken as it stands. */
static int take_value(struct cli_args *a, struct rest *r, const struct cli_option *o)
{
	if (r->at >= r->argc)
		return cli_usage(a, tr("option '--%s' needs a value: --%s %s"), o->name, o->name, o->argument);
	add_value(a, o, r->argv[r->at++]);
	return 0;
}

static int take_long(struct cli_args *a, struct rest *r, const char *text)
{
	size_t n = strcspn(text, "=");
	const char *value = text[n] ? text + n + 1 : NULL;
	if (strcmp(text, "help") == 0) {
		r->help = true;
		return 0;
	}
	const struct cli_option *o = option_named(a->command, text, n);
	if (!o)
		return unknown_option(a, text, n);
	if (!o->argument && value)
		return cli_usage(a, tr("option '--%s' takes no value"), o->name);
	if (o->argument && !value)
		return take_value(a, r, o);
	add_value(a, o, value ? value : "");
	return 0;
}

static int take_letters(struct cli_args *a, struct rest *r, const char *letters)
{
	for (; *letters; letters++) {
		const struct cli_option *o = option_lettered(a->command, *letters);
		if (!o && *letters == 'h') {
			r->help = true;
			continue;
		}
		if (!o)
			return cli_usage(a, tr("unknown option '-%c'"), *letters);
		if (o->argument && letters[1]) {
			add_value(a, o, letters[1] == '=' ? letters + 2 : letters + 1);
			return 0;
		}
		if (o->argument)
			return take_value(a, r, o);
		add_value(a, o, "");
	}
	return 0;
}

static int take_word(struct cli_args *a, struct rest *r)
{
	const char *word = r->argv[r->at++];
	if (r->only_paths || word[0] != '-' || !word[1])
		a->paths[a->path_count++] = word;
	else if (strcmp(word, "--") == 0)
		r->only_paths = true;
	else if (word[1] == '-')
		return take_long(a, r, word + 2);
	else
		return take_letters(a, r, word + 1);
	return 0;
}

static void append_name(struct cli_args *a, const char *name)
{
	size_t n = strlen(a->name);
	snprintf(a->name + n, sizeof(a->name) - n, " %s", name);
}

static const struct cli_command *command_named(const struct cli_command *const *commands, const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown_command(const struct cli_args *a, const struct cli_command *const *commands, const char *typed)
{
	const char *near = cli_nearest(typed, command_name_at, commands);
	if (near)
		return cli_usage(a, tr("unknown command '%s'; did you mean '%s'?"), typed, near);
	if (typed[0] == '-')
		return cli_usage(a, tr("unknown option '%s'"), typed);
	return cli_usage(a, tr("unknown command '%s'"), typed);
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run_command(struct cli_args *a, struct rest *r, FILE *out)
{
	a->paths = calloc((size_t)r->argc + 1, sizeof(*a->paths));
	if (!a->paths)
		abort();
	int status = 0;
	while (r->at < r->argc && status == 0)
		status = take_word(a, r);
	if (status == 0 && r->help)
		cli_help_command(a->command, a->name, out);
	else if (status == 0)
		status = a->command->run(a);
	free(a->values);
	free(a->paths);
	return status;
}

/* Goes down the command tables by argv's words, to a command that runs. */
static int find_and_run(struct cli_args *a, const struct cli_command *const *commands, struct rest *r, FILE *out)
{
	for (;;) {
		if (r->at >= r->argc) {
			if (a->command)
				cli_help_command(a->command, a->name, a->err);
			else
				cli_help_program(commands, a->err);
			return CLI_EXIT_ERROR;
		}
		const char *word = r->argv[r->at++];
		if (is_help(word)) {
			if (a->command)
				cli_help_command(a->command, a->name, out);
			else
				cli_help_program(commands, out);
			return 0;
		}
		const struct cli_command *c = command_named(commands, word);
		if (!c)
			return unknown_command(a, commands, word);
		a->command = c;
		append_name(a, c->name);
		if (!c->subcommands)
			return run_command(a, r, out);
		commands = c->subcommands;
	}
}

/* `truc help rules check` reads as `truc rules check --help`. */
static int help_words(struct cli_args *a, const struct cli_command *const *commands, struct rest *r, FILE *out)
{
	for (; r->at < r->argc && commands; r->at++) {
		const struct cli_command *c = command_named(commands, r->argv[r->at]);
		if (!c)
			return unknown_command(a, commands, r->argv[r->at]);
		a->command = c;
		append_name(a, c->name);
		commands = c->subcommands;
	}
	if (a->command)
		cli_help_command(a->command, a->name, out);
	else
		cli_help_program(commands, out);
	return 0;
}

int cli_run(const struct cli_command *const *commands, int argc, char **argv, FILE *out, FILE *err)
{
	struct cli_args a = {.name = "truc", .err = err};
	struct rest r = {.argv = argv, .argc = argc, .at = 1};
	int status = 0;
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		fprintf(out, "truc %s\n", truc_version);
	} else if (argc > 1 && strcmp(argv[1], "help") == 0) {
		r.at++;
		status = help_words(&a, commands, &r, out);
	} else {
		status = find_and_run(&a, commands, &r, out);
	}
	if ((fflush(out) != 0 || ferror(out)) && status != CLI_EXIT_ERROR) {
		fprintf(err, tr("%s: cannot write the output: %s\n"), a.name, strerror(errno));
		status = CLI_EXIT_ERROR;
	}
	return status;
}

static const struct cli_option *must_know(const struct cli_args *a, const char *option)
{
	const struct cli_option *o = option_named(a->command, option, strlen(option));
	assert(o);
	return o;
}

size_t cli_count(const struct cli_args *a, const char *option)
{
	const struct cli_option *o = must_know(a, option);
	size_t n = 0;
	for (size_t i = 0; i < a->value_count; i++)
		n += a->values[i].option == o;
	return n;
}

const char *cli_get_at(const struct cli_args *a, const char *option, size_t wanted)
{
	const struct cli_option *o = must_know(a, option);
	for (size_t i = 0; i < a->value_count; i++)
		if (a->values[i].option == o && wanted-- == 0)
			return a->values[i].text;
	return NULL;
}

bool cli_has(const struct cli_args *a, const char *option)
{
	return cli_count(a, option) > 0;
}

const char *cli_get(const struct cli_args *a, const char *option)
{
	size_t n = cli_count(a, option);
	return n ? cli_get_at(a, option, n - 1) : NULL;
}

size_t cli_path_count(const struct cli_args *a)
{
	return a->path_count;
}

const char *cli_path(const struct cli_args *a, size_t i)
{
	assert(i < a->path_count);
	return a->paths[i];
}

const char *const *cli_texts(const struct cli_args *a, const char *option, size_t *out_count)
{
	size_t n = option ? cli_count(a, option) : cli_path_count(a);
	const char **texts = mem_alloc((n + 1) * sizeof *texts);

	for (size_t i = 0; i < n; i++)
		texts[i] = option ? cli_get_at(a, option, i) : cli_path(a, i);
	*out_count = n;
	return texts;
}

void cli_texts_free(const char *const *texts)
{
	free((void *)(uintptr_t)texts);	/* NOLINT(clang-analyzer-unix.Malloc): it is always cli_texts's */
}

int cli_check_paths(const struct cli_args *a)
{
	struct stat st;
	size_t inputs = 0;

	for (size_t i = 0; i < a->path_count; i++)
		inputs += !strcmp(a->paths[i], "-");
	if (inputs > 1) {
		cli_usage(a, tr("'-' stands %zu times; there is one standard input"), inputs);
		return ERR_USAGE;
	}
	for (size_t i = 0; i < a->path_count; i++)
		if (!strcmp(a->paths[i], "-") || stat(a->paths[i], &st) == 0)
			return 0;
	for (size_t i = 0; i < a->path_count; i++)
		if (stat(a->paths[i], &st) < 0)
			fprintf(stderr, "truc %s: %s: %s\n", a->command->name, a->paths[i], strerror(errno));
	return a->path_count ? ERR_NOENT : 0;
}

int cli_get_long(const struct cli_args *a, const char *option, long min, long max, long *out)
{
	const char *text = cli_get(a, option);
	if (!text)
		return 0;
	char *end;
	errno = 0;
	long value = strtol(text, &end, 10);
	if (!*text || *end || ascii_is_space((unsigned char)*text)) {
		cli_usage(a, tr("option '--%s' needs a whole number, not '%s'"), option, text);
		return ERR_USAGE;
	}
	if (errno == ERANGE || value < min || value > max) {
		cli_usage(a, tr("option '--%s' must be between %ld and %ld, not %s"), option, min, max, text);
		return ERR_USAGE;
	}
	*out = value;
	return 0;
}
