#ifndef CLI_PARSE_H
#define CLI_PARSE_H
/*
 * From argv to a command that runs, by the tables of cli.h. Options and paths may be mixed; `--name VALUE` and
 * `--name=VALUE` are the same, so are `-o FILE` and `-oFILE`; switches of one letter may be bundled; `--` ends options and
 * `-` is a path. Names are not abbreviated: a script would break when a second such name appears.
 *
 * Every command has --help (-h); the program has --version too. `truc help COMMAND` is `truc COMMAND --help`.
 */
#include <stdio.h>

#include "cli/cli.h"

struct cli_value {
	const struct cli_option *option;
	const char *text;		/* "" for a switch */
};

struct cli_args {
	const struct cli_command *command;
	char name[64];			/* "truc rules check" */
	struct cli_value *values;
	size_t value_count;
	const char **paths;		/* all that is no option, in order */
	size_t path_count;
	FILE *err;
};

/* The whole program: parses, runs, writes help to `out` and complaints to `err`. Returns the exit status. A missing
 * command is an error (2), so that a script with an empty variable does not read it as "nothing found". */
int cli_run(const struct cli_command *const *commands, int argc, char **argv, FILE *out, FILE *err);

void cli_help_program(const struct cli_command *const *commands, FILE *out);
/* `name` is the full one: "truc rules check". */
void cli_help_command(const struct cli_command *command, const char *name, FILE *out);

/* Of the names that `next` gives (until NULL), the one that a person most likely meant by `typed`; NULL where none is near. */
const char *cli_nearest(const char *typed, const char *(*next)(const void *table, size_t i), const void *table);
#endif
