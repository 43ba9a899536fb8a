#include "cli/pages.h"

#include <string.h>

/*
 * The script is one function. It walks the words before the cursor to find the command ("rules check"), then offers that
 * command's options and subcommands, or values for the option before the cursor.
 */

static const struct { const char *command, *argument, *words; } choices[] = {
	{"hunt", "FORMAT", "table jsonl csv html timesketch"},
	{"decode", "FORMAT", "ndjson text"},
	{NULL, "LEVEL", "informational low medium high critical"},
	{NULL, "STATUS", "stable test experimental"},
	{NULL, "ZONE", "local UTC +07:00"},
	{"completion", "SHELL", "bash"},
};

const char *cli_choices(const char *command, const char *argument)
{
	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
		if ((!choices[i].command || !strcmp(choices[i].command, command)) && !strcmp(choices[i].argument, argument))
			return choices[i].words;
	}
	return NULL;
}

static bool is_file(const char *argument)
{
	return !strcmp(argument, "PATH") || !strcmp(argument, "FILE") || !strcmp(argument, "RULES");
}

static void put_words(FILE *out, const struct cli_command *c)
{
	fputs("\t\twords='--help", out);
	for (const struct cli_option *o = c->options; o && o->name; o++)
		fprintf(out, " --%s", o->name);
	for (size_t i = 0; c->subcommands && c->subcommands[i]; i++)
		fprintf(out, " %s", c->subcommands[i]->name);
	fputs("'\n", out);
}

static void put_values(FILE *out, const struct cli_command *c)
{
	fputs("\t\tcase $before in\n", out);
	for (const struct cli_option *o = c->options; o && o->name; o++) {
		const char *words = o->argument ? cli_choices(c->name, o->argument) : NULL;

		if (!o->argument)
			continue;
		fprintf(out, "\t\t--%s", o->name);
		if (o->letter)
			fprintf(out, "|-%c", o->letter);
		if (words)
			fprintf(out, ") values='%s' ;;\n", words);
		else
			fprintf(out, ") %s ;;\n", is_file(o->argument) ? "files=1" : "any=1");
	}
	fputs("\t\tesac\n", out);
}

static void put_case(FILE *out, const struct cli_command *c, const char *name)
{
	fprintf(out, "\t'%s')\n", name);
	put_words(out, c);
	put_values(out, c);
	if (!c->subcommands)
		fputs("\t\tpaths=1\n", out);
	fputs("\t\t;;\n", out);
	for (size_t i = 0; c->subcommands && c->subcommands[i]; i++) {
		char full[96];

		snprintf(full, sizeof full, "%s %s", name, c->subcommands[i]->name);
		put_case(out, c->subcommands[i], full);
	}
}

static void put_names(FILE *out, const struct cli_command *const *commands, const char *before)
{
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, "%s'%s%s'", i || *before ? "|" : "", before, commands[i]->name);
		if (commands[i]->subcommands) {
			char longer[96];

			snprintf(longer, sizeof longer, "%s%s ", before, commands[i]->name);
			put_names(out, commands[i]->subcommands, longer);
		}
	}
}

void cli_completion(const struct cli_command *const *commands, FILE *out)
{
	fputs("# Completion of truc for bash, written by `truc completion bash` from the tables of its commands.\n"
	      "_truc()\n{\n"
	      "\tlocal current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal command= words= values= files= any= paths= i\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase \"${command:+$command }${COMP_WORDS[i]}\" in\n\t\t", out);
	put_names(out, commands, "");
	fputs(") command=${command:+$command }${COMP_WORDS[i]} ;;\n"
	      "\t\tesac\n\tdone\n"
	      "\tCOMPREPLY=()\n"
	      "\tcase $command in\n"
	      "\t'')\n\t\twords='help --help --version", out);
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, " %s", commands[i]->name);
	fputs("' ;;\n", out);
	for (size_t i = 0; commands[i]; i++)
		put_case(out, commands[i], commands[i]->name);
	fputs("\tesac\n"
	      "\tif [[ $any ]]; then\n\t\treturn\n"
	      "\telif [[ $values ]]; then\n\t\tCOMPREPLY=($(compgen -W \"$values\" -- \"$current\"))\n"
	      "\telif [[ $files || ( $paths && $current != -* ) ]]; then\n"
	      "\t\tcompopt -o filenames 2>/dev/null\n"
	      "\t\tlocal IFS=$'\\n'\n"
	      "\t\tCOMPREPLY=($(compgen -f -- \"$current\"))\n"
	      "\telse\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n\tfi\n"
	      "}\ncomplete -F _truc truc\n", out);
}
