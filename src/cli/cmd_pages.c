#include "cli/pages.h"

#include <string.h>

#include "base/lang.h"

static const struct cli_option no_options[] = {{.name = NULL}};

static const struct cli_command *command_named(const char *name)
{
	for (size_t i = 0; cli_commands[i]; i++) {
		if (!strcmp(cli_commands[i]->name, name))
			return cli_commands[i];
	}
	return NULL;
}

static int run_manual(const struct cli_args *a)
{
	const struct cli_command *c = NULL;
	char name[64] = "truc";

	if (cli_path_count(a) > 1)
		return cli_usage(a, "%s", tr("one page at a time"));
	if (cli_path_count(a) == 1) {
		c = command_named(cli_path(a, 0));
		if (!c)
			return cli_usage(a, tr("unknown command '%s'"), cli_path(a, 0));
		snprintf(name, sizeof name, "truc %s", c->name);
	}
	cli_manual(cli_commands, c, name, stdout);
	return 0;
}

static int run_completion(const struct cli_args *a)
{
	if (cli_path_count(a) != 1 || strcmp(cli_path(a, 0), "bash") != 0)
		return cli_usage(a, "%s", tr("say for which shell; bash is the only one"));
	cli_completion(cli_commands, stdout);
	return 0;
}

extern const struct cli_command cmd_manual, cmd_completion;
const struct cli_command cmd_manual = {
	.name = "manual",
	.summary = "Print a manual page, for man -l or an installation",
	.usage = "[COMMAND]",
	.text = "Read one with: truc manual hunt | man -l -",
	.options = no_options,
	.run = run_manual,
};
const struct cli_command cmd_completion = {
	.name = "completion",
	.summary = "Print the completion of commands and options for a shell",
	.usage = "bash",
	.text = "In a running shell: source <(truc completion bash). 'make install' puts it where bash looks.",
	.options = no_options,
	.run = run_completion,
};
