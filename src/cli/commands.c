#include "cli/cli.h"

extern const struct cli_command cmd_decode, cmd_hunt, cmd_indicators, cmd_rules, cmd_manual, cmd_completion;

/* Every command, in the order of the help: cmd_NAME.c defines each row. */
const struct cli_command *const cli_commands[] = {
	&cmd_hunt,
	&cmd_decode,
	&cmd_rules,
	&cmd_indicators,
	&cmd_manual,
	&cmd_completion,
	NULL,
};
