#include "cli/cli.h"

/* Every command, in the order of the help: cmd_NAME.c defines each row. */
const struct cli_command *const cli_commands[] = {
	NULL,
};
