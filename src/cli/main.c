#include <stdio.h>

#include "cli/parse.h"

int main(int argc, char **argv)
{
	return cli_run(cli_commands, argc, argv, stdout, stderr);
}
