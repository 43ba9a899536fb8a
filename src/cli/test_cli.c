#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lang.h"
#include "cli/parse.h"

/* A command that writes down what the parser made of the line: "rules=a,b; o=-; full; [p1][p2]". */
static char seen[512];

static void note(const char *text)
{
	size_t n = strlen(seen);
	snprintf(seen + n, sizeof(seen) - n, "%s", text);
}

static int run_show(const struct cli_args *a)
{
	long threads = -1;
	if (cli_get_long(a, "threads", 1, 64, &threads) != 0)
		return 2;
	for (size_t i = 0; i < cli_count(a, "rules"); i++) {
		note("rules=");
		note(cli_get_at(a, "rules", i));
		note(";");
	}
	if (cli_has(a, "output")) {
		note("o=");
		note(cli_get(a, "output"));
		note(";");
	}
	if (cli_has(a, "full"))
		note("full;");
	if (threads != -1) {
		char number[32];
		snprintf(number, sizeof(number), "threads=%ld;", threads);
		note(number);
	}
	for (size_t i = 0; i < cli_path_count(a); i++) {
		note("[");
		note(cli_path(a, i));
		note("]");
	}
	return cli_path_count(a) ? CLI_EXIT_FOUND : cli_usage(a, "no PATH given");
}

static const struct cli_option show_options[] = {
	{.name = "rules", .argument = "PATH", .help = "rules instead of the shipped ones", .repeats = true},
	{.name = "output", .letter = 'o', .argument = "FILE", .help = "write there"},
	{.name = "full", .letter = 'f', .help = "all of it"},
	{.name = "threads", .argument = "N", .help = "so many threads", .group = "Machine"},
	{.name = NULL},
};
static const struct cli_command cmd_show = {
	.name = "show", .summary = "show what was parsed", .usage = "[options] PATH...", .text = "A paragraph.\n",
	.options = show_options, .run = run_show,
};
static const struct cli_command *const rules_commands[] = {
	&(const struct cli_command){.name = "check", .summary = "check them", .usage = "PATH...", .options = show_options,
				    .run = run_show},
	NULL,
};
static const struct cli_command cmd_rules = {
	.name = "rules", .summary = "about rules", .usage = "COMMAND", .subcommands = rules_commands,
};
static const struct cli_command *const commands[] = {&cmd_show, &cmd_rules, NULL};

struct outcome {
	int status;
	char *out, *err;
};

/* Runs "truc" with the words of `line`, cut at spaces. */
static struct outcome run_line(const char *line)
{
	char *words = strdup(line);
	char *argv[32] = {(char[]){"truc"}};
	int argc = 1;
	char *save = NULL;
	for (char *w = strtok_r(words, " ", &save); w && argc < 31; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	struct outcome o = {0};
	size_t sizes[2];
	FILE *out = open_memstream(&o.out, &sizes[0]);
	FILE *err = open_memstream(&o.err, &sizes[1]);
	seen[0] = 0;
	o.status = cli_run(commands, argc, argv, out, err);
	fclose(out);
	fclose(err);
	free(words);
	return o;
}

static void outcome_free(struct outcome *o)
{
	free(o->out);
	free(o->err);
}

static void test_lines(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		int status;
		const char *seen;
		const char *err;	/* what stderr begins with; "" for silence */
	} rows[] = {
		{"show a", 1, "[a]", ""},
		{"show --rules x --rules=y a -", 1, "rules=x;rules=y;[a][-]", ""},
		{"show a --full b -o f", 1, "o=f;full;[a][b]", ""},
		{"show -of -o g a", 1, "o=g;[a]", ""},
		{"show -fof a", 1, "o=f;full;[a]", ""},
		{"show -ffffffffffffffffffffffff a", 1, "full;[a]", ""},
		{"show -- --full -o", 1, "[--full][-o]", ""},
		{"show --rules= a", 1, "rules=;[a]", ""},
		{"show -o - a", 1, "o=-;[a]", ""},
		{"show --threads 8 a", 1, "threads=8;[a]", ""},
		{"rules check a", 1, "[a]", ""},
		{"show", 2, "", "truc show: no PATH given\n'truc show --help' shows the options.\n"},
		{"show --ruels x a", 2, "", "truc show: unknown option '--ruels'; did you mean '--rules'?\n"},
		{"show --thr=3 a", 2, "", "truc show: unknown option '--thr'; did you mean '--threads'?\n"},
		{"show --zzzzzz a", 2, "", "truc show: unknown option '--zzzzzz'\n"},
		{"show --full=1 a", 2, "", "truc show: option '--full' takes no value\n"},
		{"show a --rules", 2, "", "truc show: option '--rules' needs a value: --rules PATH\n"},
		{"show a -o", 2, "", "truc show: option '--output' needs a value: --output FILE\n"},
		{"show -x a", 2, "", "truc show: unknown option '-x'\n"},
		{"show --threads 0 a", 2, "", "truc show: option '--threads' must be between 1 and 64, not 0\n"},
		{"show --threads 99999999999999999999 a", 2, "", "truc show: option '--threads' must be between 1 and 64"},
		{"show --threads 3x a", 2, "", "truc show: option '--threads' needs a whole number, not '3x'\n"},
		{"show --threads= a", 2, "", "truc show: option '--threads' needs a whole number, not ''\n"},
		{"shwo a", 2, "", "truc: unknown command 'shwo'; did you mean 'show'?\n"},
		{"qqq", 2, "", "truc: unknown command 'qqq'\n"},
		{"--vers", 2, "", "truc: unknown option '--vers'\n"},
		{"rules chekc a", 2, "", "truc rules: unknown command 'chekc'; did you mean 'check'?\n"},
		{"rules", 2, "", "Usage: truc rules COMMAND\n"},
		{"", 2, "", "truc "},
		{"help rules chekc", 2, "", "truc rules: unknown command 'chekc'; did you mean 'check'?\n"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome o = run_line(rows[i].line);
		size_t n = strlen(rows[i].err);
		if (o.status != rows[i].status || strcmp(seen, rows[i].seen) != 0 || o.out[0] ||
		    strncmp(o.err, rows[i].err, n) != 0 || (n == 0 && o.err[0]))
			fail_msg("truc %s: status %d, seen '%s', out '%s', err '%s'", rows[i].line, o.status, seen, o.out, o.err);
		outcome_free(&o);
	}
}

static void test_help(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		const char *holds[4];
	} rows[] = {
		{"--help", {"Usage: truc COMMAND", "  show   show what was parsed\n", "  rules  about rules\n"}},
		{"-h", {"Usage: truc COMMAND"}},
		{"help", {"Usage: truc COMMAND"}},
		{"--version", {"truc "}},
		{"rules --help", {"Usage: truc rules COMMAND\n", "  check  check them\n"}},
		{"help rules", {"Usage: truc rules COMMAND\n"}},
		{"rules check --help", {"Usage: truc rules check PATH...\n"}},
		{"help rules check", {"Usage: truc rules check PATH...\n"}},
		{"show --nonsense-is-not-reached=no --help", {NULL}},
		{"show a --help", {"Usage: truc show [options] PATH...\n\nshow what was parsed\n\nA paragraph.\n\nOptions:\n",
				   "      --rules PATH...  rules instead of the shipped ones\n",
				   "  -o, --output FILE    write there\n", "\nMachine:\n      --threads N      "}},
		{"show -h", {"Usage: truc show"}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome o = run_line(rows[i].line);
		bool wanted = rows[i].holds[0] != NULL;
		if ((o.status == 0) != wanted || (wanted && o.err[0]) || seen[0])
			fail_msg("truc %s: status %d, err '%s'", rows[i].line, o.status, o.err);
		for (size_t j = 0; j < 4 && rows[i].holds[j]; j++)
			if (!strstr(o.out, rows[i].holds[j]))
				fail_msg("truc %s: no '%s' in '%s'", rows[i].line, rows[i].holds[j], o.out);
		outcome_free(&o);
	}
}

static void test_help_wraps(void **state)
{
	(void)state;
	static const struct cli_option options[] = {
		{.name = "an-option-with-a-long-name", .argument = "AND-ARGUMENT", .help =
		 "a help text that is far too long to stand on one line of a terminal with a hundred columns, so it goes on"},
		{.name = NULL},
	};
	static const struct cli_command wide = {.name = "wide", .summary = "s", .usage = "", .options = options};
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	cli_help_command(&wide, "truc wide", out);
	fclose(out);
	size_t lines = 0;
	for (const char *p = text; *p; lines++) {
		size_t length = strcspn(p, "\n");
		if (length > 100)
			fail_msg("line %zu has %zu columns: %.*s", lines + 1, length, (int)length, p);
		p += length + 1;
	}
	assert_non_null(strstr(text, "AND-ARGUMENT\n"));
	free(text);
}

static void test_full_disk(void **state)
{
	(void)state;
	FILE *full = fopen("/dev/full", "w");
	if (!full) {
		print_message("SKIP: no /dev/full\n");
		skip();
	}
	char *text = NULL;
	size_t n = 0;
	FILE *err = open_memstream(&text, &n);
	char *argv[] = {(char[]){"truc"}, (char[]){"--help"}, NULL};
	int status = cli_run(commands, 2, argv, full, err);
	fclose(full);
	fclose(err);
	assert_int_equal(status, CLI_EXIT_ERROR);
	assert_non_null(strstr(text, "cannot write the output"));
	free(text);
}

/* What every row of the real table owes to the person who asks for help. */
static void check_command(const struct cli_command *c, unsigned depth)
{
	assert_true(depth < 4);
	assert_non_null(c->name);
	assert_non_null(c->summary);
	assert_non_null(c->usage);
	if ((c->run != NULL) == (c->subcommands != NULL))
		fail_msg("%s: has to run or to have subcommands, not both", c->name);
	for (const struct cli_option *o = c->options; o && o->name; o++) {
		if (!o->help || !*o->help || o->help[strlen(o->help) - 1] == '.')
			fail_msg("%s --%s: help is missing or ends with a stop", c->name, o->name);
		for (const struct cli_option *p = c->options; p < o; p++)
			if (strcmp(p->name, o->name) == 0 || (o->letter && p->letter == o->letter))
				fail_msg("%s --%s: its name or letter stands twice", c->name, o->name);
	}
	for (size_t i = 0; c->subcommands && c->subcommands[i]; i++)
		check_command(c->subcommands[i], depth + 1);
	for (const char *p = c->text; p && *p;) {
		size_t length = strcspn(p, "\n");
		if (length > 100)
			fail_msg("%s: a line of its text has %zu bytes: %.*s", c->name, length, (int)length, p);
		p += length + (p[length] == '\n');
	}
}

static void test_real_table(void **state)
{
	(void)state;
	for (size_t i = 0; cli_commands[i]; i++)
		check_command(cli_commands[i], 0);
}

static void test_packs(void **state)
{
	(void)state;
	assert_int_equal(setenv("TRUC_PACKS", "/nonexistent", 1), 0);
	assert_null(cli_packs_dir());
	assert_int_equal(unsetenv("TRUC_PACKS"), 0);
}

/* --- the catalogue --- */

static unsigned texts, missing;
static bool *row_used;

static void in_catalogue(const char *text)
{
	if (!text)
		return;
	texts++;
	for (size_t i = 0; lang_vi_cli[i].english; i++) {
		if (!strcmp(lang_vi_cli[i].english, text)) {
			row_used[i] = true;
			return;
		}
	}
	if (tr_to(LANG_VI, text) != text)
		return;
	missing++;
	fprintf(stderr, "no Vietnamese for \"%s\"\n", text);
}

static void command_in_catalogue(const struct cli_command *c)
{
	in_catalogue(c->summary);
	in_catalogue(c->text);
	for (const struct cli_option *o = c->options; o && o->name; o++) {
		in_catalogue(o->help);
		in_catalogue(o->group);
	}
	for (size_t i = 0; c->subcommands && c->subcommands[i]; i++)
		command_in_catalogue(c->subcommands[i]);
}

static void tables_are_in_the_catalogue(void **state)
{
	size_t rows = 0;

	(void)state;
	while (lang_vi_cli[rows].english)
		rows++;
	row_used = calloc(rows + 1, sizeof *row_used);
	assert_non_null(row_used);
	for (size_t i = 0; cli_commands[i]; i++)
		command_in_catalogue(cli_commands[i]);
	for (size_t i = 0; i < rows; i++) {
		if (!row_used[i]) {
			fprintf(stderr, "used by nobody: \"%s\"\n", lang_vi_cli[i].english);
			missing++;
		}
	}
	free(row_used);
	assert_true(texts > 60);
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	   cmocka_unit_test(test_help),	      cmocka_unit_test(test_help_wraps),
		cmocka_unit_test(test_full_disk), cmocka_unit_test(test_real_table), cmocka_unit_test(test_packs), cmocka_unit_test(tables_are_in_the_catalogue),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
