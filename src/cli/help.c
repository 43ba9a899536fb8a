#include "cli/parse.h"

#include <string.h>

#include "base/version.h"

#define HELP_COLUMNS 100u
#define HELP_INDENT 2u
#define HELP_LEFT_MAX 30u	/* a longer left side stands on a line of its own */

/* Text in words, wrapped so that every line but the first begins at `indent`; `column` is where the first one begins. */
static void put_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
	bool first = true;
	while (*text) {
		size_t n = strcspn(text, " ");
		if (!first && column + 1 + n > HELP_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, n, out);
		column += n;
		text += n + strspn(text + n, " ");
		first = false;
	}
	fputc('\n', out);
}

static void put_row(FILE *out, const char *left, size_t width, const char *help)
{
	size_t n = strlen(left);
	fprintf(out, "%*s%s", (int)HELP_INDENT, "", left);
	size_t indent = HELP_INDENT + width + 2;
	if (n > width)
		fprintf(out, "\n%*s", (int)indent, "");
	else
		fprintf(out, "%*s", (int)(width + 2 - n), "");
	put_wrapped(out, help, indent, indent);
}

static void option_left(const struct cli_option *o, char *left, size_t size)
{
	char letter[8] = "    ";
	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(left, size, "%s--%s%s%s%s", letter, o->name, o->argument ? " " : "", o->argument ? o->argument : "",
		 o->repeats ? "..." : "");
}

static size_t options_width(const struct cli_option *options)
{
	size_t width = strlen("-h, --help");
	for (const struct cli_option *o = options; o && o->name; o++) {
		char left[80];
		option_left(o, left, sizeof(left));
		size_t n = strlen(left);
		if (n > width && n <= HELP_LEFT_MAX)
			width = n;
	}
	return width;
}

/* Same heading: both none, or the same words. */
static bool same_group(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void put_group(FILE *out, const struct cli_option *options, const char *group, size_t width)
{
	for (const struct cli_option *o = options; o && o->name; o++) {
		if (!same_group(o->group, group))
			continue;
		char left[80];
		option_left(o, left, sizeof(left));
		put_row(out, left, width, o->help);
	}
}

/* Options without a group first, then each group where its first option stands. */
static void put_options(FILE *out, const struct cli_option *options)
{
	size_t width = options_width(options);
	fputs("\nOptions:\n", out);
	put_group(out, options, NULL, width);
	put_row(out, "-h, --help", width, "Show this help");
	for (const struct cli_option *o = options; o && o->name; o++) {
		const struct cli_option *first = options;
		while (!same_group(first->group, o->group))
			first++;
		if (!o->group || first != o)
			continue;
		fprintf(out, "\n%s:\n", o->group);
		put_group(out, options, o->group, width);
	}
}

static void put_commands(FILE *out, const struct cli_command *const *commands)
{
	size_t width = 0;
	for (size_t i = 0; commands[i]; i++)
		width = strlen(commands[i]->name) > width ? strlen(commands[i]->name) : width;
	fputs("\nCommands:\n", out);
	for (size_t i = 0; commands[i]; i++)
		put_row(out, commands[i]->name, width, commands[i]->summary);
}

void cli_help_command(const struct cli_command *c, const char *name, FILE *out)
{
	fprintf(out, "Usage: %s %s\n\n", name, c->usage);
	put_wrapped(out, c->summary, 0, 0);
	if (c->text)
		fprintf(out, "\n%s%s", c->text, c->text[strlen(c->text) - 1] == '\n' ? "" : "\n");
	if (c->subcommands)
		put_commands(out, c->subcommands);
	put_options(out, c->options);
	if (c->subcommands)
		fprintf(out, "\n'%s COMMAND --help' says more of each.\n", name);
}

void cli_help_program(const struct cli_command *const *commands, FILE *out)
{
	fprintf(out, "truc %s: finds attacks in logs\n\nUsage: truc COMMAND [options] ...\n", truc_version);
	put_commands(out, commands);
	fputs("\nOptions:\n"
	      "  -h, --help     Show this help\n"
	      "      --version  Show the version\n"
	      "\n'truc COMMAND --help' says more of each.\n"
	      "\nExit status: 0 done and nothing found, 1 something found, 2 an error, 3 done but some input could not be read.\n",
	      out);
}
