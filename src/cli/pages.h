#ifndef CLI_PAGES_H
#define CLI_PAGES_H
/*
 * The same tables as --help, as manual pages (roff, the macros of man(7)) and as completion for bash. Both go to `out` and
 * speak the language of the environment.
 */
#include <stdio.h>

#include "cli/cli.h"

/* The page of the program (command NULL), or of one command with its subcommands. `name` is the full one: "truc rules". */
void cli_manual(const struct cli_command *const *commands, const struct cli_command *command, const char *name, FILE *out);

/* A script that bash reads: `truc completion bash >/usr/share/bash-completion/completions/truc`. Options and commands are
 * words of the tables; values of options by what their argument is called: PATH and FILE are completed as files, others
 * by cli_choices. */
void cli_completion(const struct cli_command *const *commands, FILE *out);

/* The words that an option's argument may be, where they are few: by the name that the help shows ("LEVEL"). NULL: any. */
const char *cli_choices(const char *command, const char *argument);
#endif
