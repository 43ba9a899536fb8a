#ifndef CLI_CLI_H
#define CLI_CLI_H
/*
 * The command line as tables: one file a command, each with one const struct cli_command. The same rows make --help, and
 * later the manual and the shell completion. A command's file is thin: it reads options and calls a module.
 */
#include "base/str.h"

struct cli_args;	/* what the parser made of argv */

struct cli_option {
	const char *name;	/* long name without dashes: "rules" */
	char letter;		/* 'o' for -o, or 0 */
	const char *argument;	/* shown in help, "PATH"; NULL for a switch */
	const char *help;	/* one line; ends without a stop */
	bool repeats;
	const char *group;	/* heading in help, or NULL: "Filters" */
};

struct cli_command {
	const char *name;	/* "hunt", "rules" */
	const char *summary;	/* one line */
	const char *usage;	/* what follows the name: "[options] PATH..." */
	const char *text;	/* paragraphs for --help, already wrapped at 100 columns; may be NULL */
	const struct cli_option *options;	/* ends with a NULL name */
	const struct cli_command *const *subcommands;	/* ends with NULL; or NULL */
	int (*run)(const struct cli_args *args);	/* the exit status; NULL with subcommands */
};


extern const struct cli_command *const cli_commands[];	/* ends with NULL */

/* Of the parsed line. Options are asked for by long name; an unknown name is our bug (assert). */
bool cli_has(const struct cli_args *a, const char *option);
const char *cli_get(const struct cli_args *a, const char *option);		/* last value, or NULL */
size_t cli_count(const struct cli_args *a, const char *option);
const char *cli_get_at(const struct cli_args *a, const char *option, size_t i);
size_t cli_path_count(const struct cli_args *a);
const char *cli_path(const struct cli_args *a, size_t i);
/* All values of an option, or (NULL) all paths, as one array for cli_texts_free; the texts are argv's. */
const char *const *cli_texts(const struct cli_args *a, const char *option, size_t *out_count);
void cli_texts_free(const char *const *texts);
/* A typing error must not read as "nothing found": where there are paths (besides "-") and none of them exists, says so of
 * each on stderr and returns ERR_NOENT. Where some exist the others are for the command to report. ERR_USAGE where "-"
 * stands twice: two readers would share the bytes out at random. */
int cli_check_paths(const struct cli_args *a) __attribute__((warn_unused_result));
/* A whole number within bounds; prints what is wrong and returns ERR_USAGE. Leaves *out where the option is absent. */
int cli_get_long(const struct cli_args *a, const char *option, long min, long max, long *out)
	__attribute__((warn_unused_result));
/* "truc hunt: message" on stderr, and the hint at --help; returns the exit status 2. */
int cli_usage(const struct cli_args *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where the shipped packs are: $TRUC_PACKS, else packs/ of the tree that the binary was built in (build/../packs beside
 * the binary), else TRUC_DATADIR "/packs" of the installation. NULL where none has sigma/logsources.yaml. */
const char *cli_packs_dir(void);
#define CLI_EXIT_NOTHING 0
#define CLI_EXIT_FOUND 1
#define CLI_EXIT_ERROR 2
#define CLI_EXIT_PARTIAL 3
#endif
